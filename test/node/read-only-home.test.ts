/** A user whose home cannot be written, or who has none, as the whole client meets it. */
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type Keychain, OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { STRANGER, useHome } from "./another-user.js";

const scene = useHome();

test("FS-11 MP-08 the login works, the session lives in memory and is renewed there, and one event tells", async (context) => {
  await scene.become(context, STRANGER);
  const { tokens, troubles, warnings } = await scene.use({ storageDirectory: join(scene.home, "tokens") });
  expect(tokens[1]).toBe(tokens[0]);
  expect(tokens[2]).not.toBe(tokens[0]);
  expect(troubles).toMatchObject([{ code: "storage", kind: "permission", causeCode: "EACCES" }]);
  expect(warnings).toHaveLength(1);
  expect(readdirSync(scene.home)).toEqual([]);
  expect(scene.provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});

test("FS-12 with HOME=/ the login works, the session lives in memory, and one event tells", async () => {
  vi.stubEnv("HOME", "/");
  const { tokens, troubles } = await scene.use();
  expect(tokens[1]).toBe(tokens[0]);
  expect(troubles).toMatchObject([{ code: "storage", kind: "unavailable" }]);
});

describe("A session that is not kept in the directory that takes no file", () => {
  const kept = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
  };
  const none: Keychain = {
    unavailable: async () => "There is none.",
    load: async () => undefined,
    save: async () => {},
  };
  const encrypted = { storage: "encrypted-file", withoutKeychain: "memory", keychain: none } as const;
  const elsewhere: readonly (readonly [string, Partial<OidcClientOptions>])[] = [
    ["in a store of the program's own", { storage }],
    ["in memory, for want of a keychain", encrypted],
  ];

  test.for(elsewhere)("LK-11 is renewed all the same: %s", async ([, more], context) => {
    await scene.become(context, STRANGER);
    const { tokens } = await scene.use({ storageDirectory: join(scene.home, "tokens"), ...more });
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
    expect(scene.provider.ledger.count("token", "authorization_code")).toBe(2);
  });
});

describe("LK-09 a home that is read-only", () => {
  const NOTE = /The next start may ask you again\. .*EACCES/g;

  /** What the library writes to stderr in two calls with a login each. */
  async function written(more: Partial<OidcClientOptions>, listen: boolean): Promise<string> {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const client = new OidcClient({ ...scene.options, storageTimeoutSeconds: 0.5, ...more });
      if (listen) client.on("storage", () => {});
      await client.getAccessToken();
      await client.signIn();
      await client.close();
      return write.mock.calls.map(([text]) => String(text)).join("");
    } finally {
      write.mockRestore();
    }
  }

  test("LK-09 is told once beside the address of the sign-in where the program hears of nothing", async (context) => {
    await scene.become(context, STRANGER);
    const shown = await written({}, false);
    expect(shown.match(NOTE)).toHaveLength(1);
    expect(shown.indexOf("The next start")).toBeLessThan(shown.indexOf("http"));
    expect(readdirSync(scene.home)).toEqual([]);
  });

  test("LK-09 is told beside a device code, too", async (context) => {
    await scene.become(context, STRANGER);
    const approving = setInterval(() => {
      try {
        scene.provider.approveDevice();
      } catch {
        // None has been asked for yet.
      }
    }, 20);
    try {
      expect((await written({ flow: "device_code" }, false)).match(NOTE)).toHaveLength(1);
    } finally {
      clearInterval(approving);
    }
  });

  const heard: readonly (readonly [string, Partial<OidcClientOptions>, boolean])[] = [
    ["a listener", {}, true],
    ["a logger", { logger: { warn: () => {} } }, false],
  ];
  test.for(heard)("LK-09 is not written to the program's stderr where it has %s", async ([, more, listen], context) => {
    await scene.become(context, STRANGER);
    expect(await written(more, listen)).not.toMatch(NOTE);
  });

  test("LK-09 is told by the log alone where CEGAL_KEYSTONE_AUTH_LOG asks for one", async (context) => {
    vi.stubEnv("CEGAL_KEYSTONE_AUTH_LOG", "warn");
    await scene.become(context, STRANGER);
    expect(await written({}, false)).not.toMatch(NOTE);
  });

  test("LK-09 is told where a logger takes no warnings, and with a home that is closed", async (context) => {
    chmodSync(scene.home, 0o700);
    await scene.become(context, STRANGER);
    expect((await written({ logger: { info: () => {} } }, false)).match(NOTE)).toHaveLength(1);
  });
});
