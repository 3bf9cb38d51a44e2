/** `safeStorage` that is not there at one start of the app: a stand-in for it here, the real one in `npm run electron`. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type SafeStorage, safeStorageKeychain } from "../../src/electron/main.js";
import { useScratchDirectories } from "../support/scratch.js";
import { useWorld } from "./world.js";

const world = useWorld();
const scratch = useScratchDirectories();

/** Turns bytes around, as a stand-in for what the system's keychain does. */
const turn = (bytes: Uint8Array) => Buffer.from(bytes.map((byte) => byte ^ 0xff));
const healthy: SafeStorage = {
  isEncryptionAvailable: () => true,
  encryptString: (text) => turn(Buffer.from(text)),
  decryptString: (encrypted) => turn(encrypted).toString(),
};
const UNHEALTHY: readonly (readonly [string, SafeStorage])[] = [
  ["offers no encryption", { ...healthy, isEncryptionAvailable: () => false }],
  ["would use a password that everybody knows", { ...healthy, getSelectedStorageBackend: () => "basic_text" }],
];

async function bytesIn(directory: string): Promise<Map<string, string>> {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, "base64")] as const)));
}

test.each(UNHEALTHY)(
  "EL-03 a start at which safeStorage %s changes nothing that is stored, and the next one has the session",
  async (_what, unhealthy) => {
    const directory = scratch();
    const start = (safeStorage: SafeStorage) =>
      world.makeClient({
        storage: "encrypted-file",
        storageDirectory: join(directory, "tokens"),
        keychain: safeStorageKeychain(safeStorage, { file: join(directory, "key", "data-key") }),
      });
    const first = start(healthy);
    const token = await first.getAccessToken();
    await first.close();
    const before = await bytesIn(directory);
    expect(before.size).toBeGreaterThanOrEqual(2);
    const second = start(unhealthy);
    const failure = { code: "storage", sessionKept: true };
    await expect(second.getAccessToken({ interaction: "never" })).rejects.toMatchObject(failure);
    await second.close();
    expect(await bytesIn(directory)).toEqual(before);
    expect(await start(healthy).getAccessToken({ interaction: "never" })).toBe(token);
  },
);
