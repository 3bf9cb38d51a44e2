/** signIn() with a store that is refused for good: nobody is asked for a session that could not be kept. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { startFakeProvider } from "../support/fake-provider.js";

const none = { unavailable: async () => "There is none.", load: async () => undefined, save: async () => {} };

test.each<[string, Partial<OidcClientOptions>, object]>([
  ["a directory that others can write to", {}, { kind: "permission", retryable: false }],
  ["encrypted files without a keychain", { storage: "encrypted-file", keychain: none }, { kind: "unavailable" }],
])("DX-13 %s: StorageError before anybody is asked", async (name, options, expected) => {
  const provider = await startFakeProvider();
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  if (name.startsWith("a directory")) chmodSync(directory, 0o777);
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    allowInsecureLoopback: true,
    storageDirectory: directory,
    openBrowser: (url) => void provider.authorize(url),
    ...options,
  });
  onTestFinished(async () => {
    await client.close();
    await provider.close();
    rmSync(directory, { recursive: true, force: true });
  });
  for (const call of [() => client.signIn(), () => client.getAccessToken()])
    await expect(call()).rejects.toMatchObject({ code: "storage", ...expected });
  expect(provider.ledger.count("authorize")).toBe(0);
});
