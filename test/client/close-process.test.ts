/** A program that ends by a signal handler while its refresh is on the wire. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startWorld } from "../hostile/world.js";
import { compileForChildren } from "../support/compile.js";

test("SE-26 close() and process.exit() on SIGTERM: the next start has the session", async () => {
  const world = await startWorld();
  const before = await world.signIn();
  const program = join(await compileForChildren(), "test/client/programs/close-on-sigterm.js");
  let child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    child.kill("SIGTERM");
    // Long after a close() that waits for nothing would have ended the program.
    await new Promise((resolve) => setTimeout(resolve, 400));
    return answer;
  });
  child = spawn(process.execPath, [program, world.provider.issuer, world.directory], { stdio: "inherit" });
  expect(await once(child, "exit")).toEqual([0, null]);
  const client = world.client({ interaction: "never" });
  expect(await client.getAccessToken()).not.toBe(before);
  await client.getAccessToken({ forceRefresh: true });
  expect(world.provider.sessionAlive()).toBe(true);
});
