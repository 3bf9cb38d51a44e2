/** Electron's safeStorage as the keychain. A stand-in here, which wraps with a key of its own; the real one is tried by `npm run electron`. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { OidcClient } from "../../../src/node/index.js";
import { type SafeStorage, safeStorageKeychain } from "../../../src/node/encrypted/safe-storage-keychain.js";
import { startFakeProvider } from "../../support/fake-provider.js";
import { useScratchDirectories } from "../../support/scratch.js";

const scratch = useScratchDirectories();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** As Electron's: throws for what it cannot decrypt, and while the app is not ready. */
class OneSystem implements SafeStorage {
  ready = true;
  backend = "gnome_libsecret";
  readonly #secret = randomBytes(32);

  isEncryptionAvailable(): boolean {
    return this.ready;
  }

  getSelectedStorageBackend(): string {
    return this.backend;
  }

  encryptString(text: string): Buffer {
    if (!this.ready) throw new Error("safeStorage cannot be used before app is ready");
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#secret, iv);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]);
  }

  decryptString(encrypted: Buffer): string {
    if (!Buffer.isBuffer(encrypted)) throw new TypeError("encrypted must be a Buffer");
    const decipher = createDecipheriv("aes-256-gcm", this.#secret, encrypted.subarray(0, 12));
    decipher.setAuthTag(encrypted.subarray(12, 28));
    return decipher.update(encrypted.subarray(28), undefined, "utf8") + decipher.final("utf8");
  }
}

async function startApp(system: SafeStorage, directory = scratch()) {
  const provider = await startFakeProvider();
  closing.push(() => provider.close());
  const file = join(directory, "app", "keystone-auth", "data-key");
  const troubles: StorageError[] = [];
  const client = (interaction: "allowed" | "never" = "never") => {
    const made = new OidcClient({
      clientId: "desktop",
      issuer: provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      interaction,
      storage: "encrypted-file",
      storageDirectory: join(directory, "tokens"),
      keychain: safeStorageKeychain(system, { file }),
      openBrowser: (url) => void provider.authorize(url),
    });
    made.on("storage", ({ error }) => troubles.push(error));
    closing.push(() => made.close());
    return made;
  };
  return { provider, file, troubles, client, directory };
}

describe("safeStorageKeychain", () => {
  it("keeps the wrapped data key in a private file, and a later start of the app finds the session", async () => {
    const app = await startApp(new OneSystem());
    const token = await app.client("allowed").getAccessToken();
    expect(await app.client().getAccessToken()).toBe(token);
    expect(lstatSync(app.file).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(app.file, "..")).mode & 0o777).toBe(0o700);
    expect(readFileSync(app.file)).not.toHaveLength(32);
    expect(app.troubles).toEqual([]);
  });

  it.each([
    ["the app is not ready", (system: OneSystem) => (system.ready = false), /no encryption: the app is not ready yet/],
    ["Electron would only pretend", (system: OneSystem) => (system.backend = "basic_text"), /basic_text/],
  ])(
    "FS-21 Where %s there is no keychain: StorageError before anybody signs in, and nothing is written",
    async (_name, spoil, why) => {
      const system = new OneSystem();
      spoil(system);
      const app = await startApp(system);
      const error = await app
        .client("allowed")
        .getAccessToken()
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "storage", kind: "unavailable", message: expect.stringMatching(why) });
      expect(app.provider.ledger.count("authorize")).toBe(0);
      expect(readdirSync(app.directory)).toEqual([]);
    },
  );

  it("A key that another system has wrapped is lost: its bytes stay beside, and the next login makes a new one", async () => {
    const app = await startApp(new OneSystem());
    await app.client("allowed").getAccessToken();
    const before = readFileSync(app.file);
    const moved = await startApp(new OneSystem(), app.directory);
    // The record names its issuer: the same one, on the new machine.
    const client = new OidcClient({
      clientId: "desktop",
      issuer: app.provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storage: "encrypted-file",
      storageDirectory: join(app.directory, "tokens"),
      keychain: safeStorageKeychain(new OneSystem(), { file: moved.file }),
      openBrowser: (url) => void app.provider.authorize(url),
    });
    closing.push(() => client.close());
    const troubles: StorageError[] = [];
    client.on("storage", ({ error }) => troubles.push(error));
    await client.getAccessToken();
    expect(troubles).toMatchObject([{ kind: "corrupt", message: expect.stringContaining("no longer has") }]);
    const beside = readdirSync(join(app.file, "..")).filter((name) => name.startsWith("data-key.corrupt-"));
    expect(beside.map((name) => readFileSync(join(app.file, "..", name)))).toEqual([before]);
    expect(readFileSync(app.file)).not.toEqual(before);
  });

  it("EL-03 that cannot unwrap the key at one start loses nothing: only a login puts another in its place", async () => {
    const system = new OneSystem();
    const app = await startApp(system);
    const token = await app.client("allowed").getAccessToken();
    const tokens = join(app.directory, "tokens");
    const bytes = () =>
      [
        app.file,
        ...readdirSync(tokens)
          .filter((name) => name.endsWith(".sealed"))
          .map((name) => join(tokens, name)),
      ].map((path) => readFileSync(path, "utf8"));
    const before = bytes();
    const options = {
      clientId: "desktop",
      issuer: app.provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storage: "encrypted-file",
      storageDirectory: tokens,
      interaction: "never",
    } as const;
    const strange = new OidcClient({ ...options, keychain: safeStorageKeychain(new OneSystem(), { file: app.file }) });
    closing.push(() => strange.close());
    const troubles: StorageError[] = [];
    strange.on("storage", ({ error }) => troubles.push(error));
    await expect(strange.getAccessToken()).rejects.toMatchObject({ code: "login_required" });
    expect(troubles).toMatchObject([{ kind: "corrupt" }]);
    expect(bytes()).toEqual(before);
    const healthy = new OidcClient({ ...options, keychain: safeStorageKeychain(system, { file: app.file }) });
    closing.push(() => healthy.close());
    expect(await healthy.getAccessToken()).toBe(token);
  });

  it.each(["data-key", "", "./a"])("refuses %j, which is no absolute path", (file) => {
    expect(() => safeStorageKeychain(new OneSystem(), { file })).toThrow(
      expect.objectContaining({ code: "configuration", option: "file" }),
    );
  });
});

describe("The options of encrypted files", () => {
  const base = { clientId: "desktop", issuer: "https://id.example" };
  const keychain = safeStorageKeychain(new OneSystem(), { file: "/a/b" });

  it.each([
    [{ keychain }, "keychain"],
    [{ withoutKeychain: "memory" as const }, "withoutKeychain"],
    [{ storage: "memory" as const, keychain }, "keychain"],
    [{ storage: "encrypted-file" as const, keychain: {} as never }, "keychain"],
    [{ storage: "encrypted-file" as const, keychain: null as never }, "keychain"],
    [{ storage: "encrypted-file" as const, withoutKeychain: "plain" as never }, "withoutKeychain"],
  ])("%j is a ConfigurationError", (options, option) => {
    expect(() => new OidcClient({ ...base, ...options })).toThrow(
      expect.objectContaining({ code: "configuration", option }),
    );
  });

  it("are accepted together", () => {
    const options = { storage: "encrypted-file", keychain, withoutKeychain: "memory" } as const;
    expect(new OidcClient({ ...base, ...options })).toBeInstanceOf(OidcClient);
  });
});
