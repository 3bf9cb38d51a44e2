/** A sign-out says of a stored session that it could not read that its tokens were not revoked: nobody can revoke them then. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { useScratchDirectories } from "../support/scratch.js";
import { MemoryKeychain } from "./encrypted/memory-keychain.js";

const scratch = useScratchDirectories();

function open(provider: FakeProvider, options: Partial<OidcClientOptions>): OidcClient {
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access"],
    allowInsecureLoopback: true,
    openBrowser: async (url) => void (await provider.authorize(url)),
    ...options,
  });
  onTestFinished(() => client.close());
  return client;
}

/** The file of a session, and how a later program opens its client. */
async function signedIn(options: Partial<OidcClientOptions> = {}) {
  const provider = await startFakeProvider();
  onTestFinished(() => provider.close());
  const storageDirectory = join(scratch(), "tokens");
  const first = open(provider, { storageDirectory, ...options });
  await first.getAccessToken();
  await first.close();
  const [name = ""] = readdirSync(storageDirectory).filter((file) => /\.(json|sealed)$/.test(file));
  const later = (others: Partial<OidcClientOptions> = {}) => {
    const client = open(provider, { storageDirectory, ...options, ...others });
    const troubles: string[] = [];
    client.on("storage", ({ error }) => void troubles.push(error.message));
    return { client, troubles };
  };
  return { provider, storageDirectory, path: join(storageDirectory, name), later };
}

const FAILED = {
  revocation: "failed",
  providerSession: "skipped",
  errors: [
    {
      name: "StorageError",
      kind: "corrupt",
      sessionKept: false,
      retryable: false,
      message:
        "What was stored could not be read, so that the tokens of its session were not revoked. The session here is gone.",
    },
  ],
};

describe("FS-04 A sign-out of a session", () => {
  it("in a store that cannot be read, and deletes all the same, fails to revoke it and says so", async () => {
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
    const records = new Map<string, unknown>();
    let isReadable = true;
    const get = async (key: string) => {
      if (!isReadable) throw new Error("cannot be read");
      return records.get(key);
    };
    const set = async (key: string, value: unknown) => void records.set(key, value);
    const storage = { get, set, delete: async (key: string) => void records.delete(key) };
    await open(provider, { storage }).getAccessToken();
    isReadable = false;
    expect(await open(provider, { storage }).signOut()).toMatchObject(FAILED);
    expect([...records.keys()].filter((key) => !key.endsWith(".out"))).toEqual([]);
  });

  it("in a store that takes no write and holds none has nothing to revoke", async () => {
    const provider = await startFakeProvider();
    onTestFinished(() => provider.close());
    const set = () => Promise.reject(new Error("takes no write"));
    const storage = { get: async () => undefined, set, delete: async () => {} };
    const { revocation, errors } = await open(provider, { storage }).signOut();
    expect({ revocation, errors }).toEqual({ revocation: "skipped", errors: [] });
  });

  it.each([
    ["whose file is damaged", "{ damaged"],
    ["whose file holds something else", "[]"],
    ["of another form", '{"version":1}'],
  ])("%s fails to revoke it, says so, and leaves nothing", async (_title, text) => {
    const { later, path, storageDirectory } = await signedIn();
    writeFileSync(path, text);
    const { client, troubles } = later();
    expect(await client.signOut()).toMatchObject(FAILED);
    // The mark of the sign-out alone, and no copy.
    expect(readdirSync(storageDirectory)).toEqual([expect.stringMatching(/\.out\.json$/)]);
    // It would be gone with the rest by the time that it is read of.
    expect(troubles.join()).not.toContain("A copy of it");
    // Once it is gone there is nothing left to revoke.
    expect(await client.signOut()).toEqual({ revocation: "skipped", providerSession: "skipped", errors: [] });
  });

  it("says nothing of the provider where it is to be left alone, and nothing was to be deleted", async () => {
    const { later, path } = await signedIn();
    writeFileSync(path, "{ damaged");
    const skipped = { revocation: "skipped", providerSession: "skipped", errors: [] };
    expect(await later().client.signOut({ local: true })).toEqual(skipped);
    expect(await later().client.signOut()).toEqual(skipped);
  });

  it("says it beside the provider's own sign-out, which is done all the same", async () => {
    const { later, path, provider } = await signedIn();
    writeFileSync(path, "{ damaged");
    const { client } = later({ openBrowser: (url) => void fetch(url).catch(() => {}) });
    const result = await client.signOut({ providerSession: true });
    expect(result).toMatchObject({ ...FAILED, providerSession: "asked" });
    expect(result.errors).toHaveLength(1);
    expect(provider.sessionAlive()).toBe(true);
  });
});

describe("FS-04 A sign-out of an encrypted session", () => {
  it("whose key is another one by now, fails to revoke it", async () => {
    const { later, path } = await signedIn({ storage: "encrypted-file", keychain: new MemoryKeychain() });
    const other = new MemoryKeychain();
    await other.save(new Uint8Array(32).fill(7));
    expect(await later({ keychain: other }).client.signOut()).toMatchObject(FAILED);
    expect(() => readFileSync(path)).toThrow("ENOENT");
  });

  it.each(["fail", "memory", "plain-file"] as const)(
    "without a keychain, where withoutKeychain is %s, fails to revoke it",
    async (withoutKeychain) => {
      const { later, path } = await signedIn({ storage: "encrypted-file", keychain: new MemoryKeychain() });
      const none = { keychain: MemoryKeychain.none(), withoutKeychain };
      expect(await later(none).client.signOut()).toMatchObject(FAILED);
      expect(() => readFileSync(path)).toThrow("ENOENT");
      // Nobody was signed in there.
      const elsewhere = join(scratch(), "empty");
      mkdirSync(elsewhere, { mode: 0o700 });
      const { client } = later({ ...none, storageDirectory: elsewhere });
      expect(await client.signOut()).toMatchObject({ revocation: "skipped", errors: [] });
    },
  );
});
