/** Several processes share one store: real processes, real files, strict reuse detection. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { OidcClient } from "../../src/node/index.js";
import { dist, ensureBuilt, root } from "../packaging/built-package.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

// The built package, as programs use it.
const ENTRY = pathToFileURL(join(dist, "node.js"));

let provider: FakeProvider;
let directory: string;

beforeAll(ensureBuilt, 60_000);

beforeEach(async () => {
  provider = await startFakeProvider();
  directory = await mkdtemp(join(tmpdir(), "keystone-auth-"));
});

afterEach(async () => {
  await provider.close();
  await rm(directory, { recursive: true, force: true });
});

function options() {
  return {
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory: join(directory, "tokens"),
  };
}

async function signIn(): Promise<string> {
  const client = new OidcClient({ ...options(), openBrowser: async (url) => void provider.authorize(url) });
  const token = await client.getAccessToken();
  await client.close();
  return token;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

function program(call: string): { pid: number | undefined; ended: Promise<Ended> } {
  const source = `const { OidcClient } = await import(${JSON.stringify(ENTRY.href)});
const client = new OidcClient({ ...${JSON.stringify(options())}, interaction: "never" });
process.stdout.write(await client.getAccessToken(${call}));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    cwd: root,
  });
  let out = "";
  child.stdout.on("data", (part) => (out += part));
  child.stderr.on("data", (part) => (out += part));
  return { pid: child.pid, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, out }))) };
}

test("MP-01 eight processes with a refused token send one refresh and get the same new token", async () => {
  const before = await signIn();
  const ended = await Promise.all(
    Array.from({ length: 8 }, () => program(JSON.stringify({ rejectedToken: before })).ended),
  );
  const tokens = new Set(ended.map(({ out }) => out));
  expect(ended.map(({ code }) => code)).toEqual(Array(8).fill(0));
  expect(tokens.size).toBe(1);
  expect(tokens).not.toContain(before);
  expect(provider.ledger.count("token", "refresh_token")).toBe(1);
  expect(provider.sessionAlive()).toBe(true);
});

test("MP-02 a process that was killed while it held the lock delays nobody, and the file is intact", async () => {
  const before = await signIn();
  provider.once("token", (exchange) => exchange.hang());
  const holder = program(JSON.stringify({ rejectedToken: before }));
  await provider.ledger.waitFor("token", 2);
  process.kill(holder.pid as number, "SIGKILL");
  await holder.ended;
  const { code, out } = await program(JSON.stringify({ rejectedToken: before })).ended;
  expect(out).not.toBe(before);
  expect(code).toBe(0);
});

test("a process with a stored token prints it and ends by itself, with no request", async () => {
  const token = await signIn();
  provider.ledger.clear();
  expect(await program("").ended).toEqual({ code: 0, out: token });
  expect(provider.ledger.count()).toBe(0);
});
