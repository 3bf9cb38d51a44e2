/** A user whose home cannot be written, or who has none, as the whole client meets it. */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OidcClient, type StorageError } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";

const STRANGER = 65534;
let provider: FakeProvider;
let home: string;

beforeEach(async () => {
  provider = await startFakeProvider();
  home = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  chmodSync(home, 0o755);
});

afterEach(async () => {
  process.seteuid?.(0);
  vi.unstubAllEnvs();
  await provider.close();
  rmSync(home, { recursive: true, force: true });
});

/** Loads all parts of the library, which another user may not be able to read where it lies. */
async function loadEverything(): Promise<void> {
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access"],
    allowInsecureLoopback: true,
    storage: "memory",
    openBrowser: (url) => void provider.authorize(url),
  });
  await client.getAccessToken();
  await client.getAccessToken({ forceRefresh: true });
  await client.close();
  // Loaded with the first lock and the first change of a file.
  await import("../../src/node/files/lock.js");
  await import("../../src/node/files/update.js");
}

test("FS-11 MP-08 the login works, the session lives in memory and is renewed there, and one event tells", async (context) => {
  if (process.getuid?.() !== 0) context.skip("only root can act as another user");
  await loadEverything();
  const troubles: StorageError[] = [];
  const warnings: string[] = [];
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access"],
    allowInsecureLoopback: true,
    storageDirectory: join(home, "tokens"),
    openBrowser: (url) => void provider.authorize(url),
    logger: { warn: (line) => warnings.push(line) },
  });
  client.on("storage", ({ error }) => troubles.push(error));
  process.seteuid?.(STRANGER);
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(await client.getAccessToken({ forceRefresh: true })).not.toBe(token);
  await client.close();
  expect(troubles).toMatchObject([{ code: "storage", kind: "permission", causeCode: "EACCES" }]);
  expect(warnings).toHaveLength(1);
  expect(readdirSync(home)).toEqual([]);
  expect(provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});

test("FS-12 with HOME=/ the login works, the session lives in memory, and one event tells", async () => {
  for (const name of ["CEGAL_KEYSTONE_AUTH_DIR", "XDG_STATE_HOME", "XDG_DATA_HOME"]) vi.stubEnv(name, undefined);
  vi.stubEnv("HOME", "/");
  const troubles: StorageError[] = [];
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    allowInsecureLoopback: true,
    openBrowser: (url) => void provider.authorize(url),
  });
  client.on("storage", ({ error }) => troubles.push(error));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  await client.close();
  expect(troubles).toMatchObject([{ code: "storage", kind: "unavailable" }]);
});
