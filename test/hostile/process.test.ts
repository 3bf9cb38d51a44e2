/** A whole program beside the tests: what it prints, and whether it ends by itself. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileForChildren } from "../support/compile.js";
import { secretsIn } from "../support/secrets-in.js";
import { startWorld } from "./world.js";

test("LG-07 of calls that fail in every way no rejection is unhandled, stderr stays empty, and the program ends", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.on("token", (exchange) => exchange.error("invalid_request"));
  world.meddled();
  const program = join(await compileForChildren(), "test/hostile/programs/failures.js");
  const args = ["--unhandled-rejections=strict", program, world.provider.issuer, world.directory];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (said.out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (said.err += part));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, err: said.err }).toEqual({ code: 0, err: "" });
  const codes = JSON.parse(said.out) as string[];
  expect(codes).toEqual(expect.arrayContaining(["aborted", "environment", "network", "provider", "storage"]));
  expect(codes).not.toContain("no code");
  expect(secretsIn(said, world.provider.secrets())).toEqual([]);
  world.provider.ledger.clear();
}, 60_000);
