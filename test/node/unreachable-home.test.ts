/** A home that is there and cannot be used: closed to this user, or with folders in it that belong to another. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext, vi } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { STRANGER, useHome } from "./another-user.js";

const OTHER = 65533;
const scene = useHome();
const folder = () => join(scene.home, ".cegal-keystone");
const tokens = () => join(folder(), "tokens");

/** The three calls work, the session is in memory, and one event says so. */
async function expectMemory(told: object, more: Partial<OidcClientOptions> = {}): Promise<void> {
  const { tokens: given, troubles, warnings } = await scene.use(more);
  expect(given[1]).toBe(given[0]);
  expect(given[2]).not.toBe(given[0]);
  expect(troubles).toMatchObject([{ code: "storage", ...told }]);
  expect(troubles[0]?.message).toContain("in memory");
  expect(warnings).toHaveLength(1);
}

function requireRoot(context: TestContext): void {
  if (process.geteuid?.() !== 0) context.skip("only root can give a folder away");
}

/** Makes folders of the home, each with its owner and its mode. */
function make(folders: readonly (readonly [path: string, owner: number, mode: number])[]): void {
  for (const [path, owner, mode] of folders) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    chownSync(path, owner, owner);
  }
}

describe("A home that cannot be reached", () => {
  const ways: readonly (readonly [string, () => void, string, string])[] = [
    ["is closed to this user (EACCES)", () => chmodSync(scene.home, 0o700), "EACCES", "permission"],
    ["has a path that is too long (ENAMETOOLONG)", () => vi.stubEnv("HOME", `/${"x".repeat(300)}`), "ENAMETOOLONG", ""],
    ["is a link to itself (ELOOP)", () => loop(scene.home), "ELOOP", ""],
  ];

  function loop(home: string): void {
    symlinkSync(join(home, "loop"), join(home, "loop"));
    vi.stubEnv("HOME", join(home, "loop"));
  }

  for (const [title, close, causeCode, kind] of ways) {
    it(`LK-09 ${title}: the session lives in memory, and one event tells`, async (context) => {
      close();
      await scene.become(context, STRANGER);
      await expectMemory({ causeCode, ...(kind && { kind }) });
    });
  }

  it("LK-09 is that of root, with HOME kept: the same, for each kind of file, and also with the device flow", async (context) => {
    requireRoot(context);
    vi.stubEnv("HOME", join(scene.home, "root"));
    make([[join(scene.home, "root"), 0, 0o700]]);
    await scene.become(context, STRANGER);
    await expectMemory({ causeCode: "EACCES" });
    await expectMemory({ causeCode: "EACCES" }, { storage: "encrypted-file", withoutKeychain: "fail" });
    await expectMemory(
      { causeCode: "EACCES" },
      { flow: "device_code", onDeviceCode: ({ userCode }) => scene.provider.approveDevice(userCode) },
    );
  });

  it("LK-09 keeps no program from its token (client_credentials)", async (context) => {
    chmodSync(scene.home, 0o700);
    await scene.become(context, STRANGER);
    const clientSecret = scene.provider.settings.clientSecrets.service as string;
    const more = { clientId: "service", clientSecret, flow: "client_credentials", extraScopes: [] } as const;
    const { tokens: given, troubles } = await scene.use(more);
    expect(given[1]).toBe(given[0]);
    expect(troubles).toMatchObject([{ causeCode: "EACCES" }]);
  });

  it("LK-09 leaves a directory that the program has chosen to fail where it fails", async (context) => {
    make([[join(scene.home, "chosen"), 0, 0o700]]);
    await scene.become(context, STRANGER);
    const client = new OidcClient({ ...scene.options, storageDirectory: join(scene.home, "chosen", "tokens") });
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: "storage", causeCode: "EACCES" });
    await client.close();
  });

  it("LK-09 leads to no lock file and no fault where the store is the program's own", async (context) => {
    chmodSync(scene.home, 0o700);
    await scene.become(context, STRANGER);
    const kept = new Map<string, unknown>();
    const storage = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, value: unknown) => void kept.set(key, value),
      delete: async (key: string) => void kept.delete(key),
    };
    const { tokens: given, troubles } = await scene.use({ storage });
    expect(given[2]).not.toBe(given[0]);
    expect(troubles).toEqual([]);
    expect(kept.size).toBe(1);
  });
});

describe("A directory that the program has named", () => {
  it.each([
    ["below a plain file", () => writeFileSync(join(scene.home, "it"), ""), "ENOTDIR"],
    ["below a link to nowhere", () => symlinkSync(join(scene.home, "unplugged"), join(scene.home, "it")), "ENOENT"],
  ])("LK-09 fails each call where it lies %s", async (_title, make, causeCode) => {
    make();
    const client = new OidcClient({ ...scene.options, storageDirectory: join(scene.home, "it", "tokens") });
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: "storage", kind: "permission", causeCode });
    await client.close();
  });
});

describe("A default directory that is none", () => {
  it("LK-13 lies below a plain file", async () => {
    writeFileSync(folder(), "");
    await expectMemory({ causeCode: "ENOTDIR" });
  });

  it("LK-09 lies in a home that is a link to nowhere", async () => {
    symlinkSync(join(scene.home, "unplugged"), join(scene.home, "home"));
    vi.stubEnv("HOME", join(scene.home, "home"));
    await expectMemory({ causeCode: "ENOENT" });
  });

  it("LK-13 is a plain file", async () => {
    mkdirSync(folder());
    writeFileSync(tokens(), "");
    await expectMemory({ causeCode: "ENOTDIR" });
    expect(statSync(tokens()).isFile()).toBe(true);
  });

  it.each([".cegal-keystone", ".cegal-keystone/tokens"])("LK-09 is reached by a link %s to nowhere", async (name) => {
    const link = join(scene.home, name);
    if (name.includes("/")) mkdirSync(folder());
    symlinkSync(join(scene.home, "unplugged"), link);
    await expectMemory({ causeCode: "ENOENT" });
    expect(existsSync(join(scene.home, "unplugged"))).toBe(false);
  });
});

describe("A folder of another user in the home", () => {
  const owned = (owner: string, told: string) => ({
    kind: "permission",
    message: expect.stringMatching(`belongs to uid ${owner}.*${told}`),
  });
  const advice = "sudo chown -R \\$USER ~/.cegal-keystone";

  it.for([
    ["~/.cegal-keystone, closed", 0, 0o700],
    ["~/.cegal-keystone, open to readers", 0, 0o755],
    ["its tokens alone", STRANGER, 0o700],
  ] as const)(
    "LK-10 is %s, as after one call with sudo: memory, and one event with its owner and the command",
    async ([, owner, mode], context) => {
      requireRoot(context);
      chownSync(scene.home, STRANGER, STRANGER);
      make([
        [folder(), owner, mode],
        [tokens(), 0, mode],
      ]);
      await scene.become(context, STRANGER);
      await expectMemory(owned("0", advice));
    },
  );

  it("LK-10 is empty so far, and another person's than root", async (context) => {
    requireRoot(context);
    chownSync(scene.home, STRANGER, STRANGER);
    make([[folder(), OTHER, 0o755]]);
    await scene.become(context, STRANGER);
    await expectMemory(owned(`${OTHER}`, advice));
    process.seteuid?.(0);
    expect(readdirSync(folder())).toEqual([]);
  });

  it("LK-10 is where XDG_STATE_HOME names it, and the command names that place", async (context) => {
    requireRoot(context);
    vi.stubEnv("HOME", "/");
    vi.stubEnv("XDG_STATE_HOME", scene.home);
    make([[join(scene.home, "cegal-keystone"), 0, 0o700]]);
    await scene.become(context, STRANGER);
    await expectMemory(owned("0", `sudo chown -R \\$USER ${join(scene.home, "cegal-keystone")}`));
  });

  it("LK-10 is used again once it has been given back", async (context) => {
    requireRoot(context);
    chownSync(scene.home, STRANGER, STRANGER);
    make([[folder(), 0, 0o700]]);
    await scene.become(context, STRANGER);
    await expectMemory(owned("0", advice));
    process.seteuid?.(0);
    chownSync(folder(), STRANGER, STRANGER);
    process.seteuid?.(STRANGER);
    expect((await scene.use()).troubles).toEqual([]);
    expect(readdirSync(tokens())).toHaveLength(1);
  });
});

describe("Root in the home of another user", () => {
  const places: readonly (readonly [string, (() => void) | undefined, Partial<OidcClientOptions> | undefined])[] = [
    ["by default", undefined, undefined],
    ["where an older call of root has left a folder", () => make([[tokens(), 0, 0o700]]), undefined],
    [
      "where the owner has a session",
      () =>
        make([
          [folder(), STRANGER, 0o700],
          [tokens(), STRANGER, 0o700],
        ]),
      undefined,
    ],
    ["with a storageDirectory in that home", undefined, { storageDirectory: "~/.mytool" }],
    ["with an encrypted store", undefined, { storage: "encrypted-file", withoutKeychain: "plain-file" }],
  ];

  for (const [title, prepare, more] of places) {
    it(`LK-10 creates nothing there ${title}: memory, and one event`, async (context) => {
      requireRoot(context);
      prepare?.();
      chownSync(scene.home, STRANGER, STRANGER);
      const before = readdirSync(scene.home, { recursive: true });
      await expectMemory(
        { kind: "permission", message: expect.stringMatching(`belongs to uid ${STRANGER}.*as root`) },
        more,
      );
      expect(readdirSync(scene.home, { recursive: true })).toEqual(before);
    });
  }

  it("LK-10 uses a directory elsewhere, and its own home", async (context) => {
    requireRoot(context);
    expect((await scene.use()).troubles).toEqual([]);
    const elsewhere = join(scene.home, "elsewhere");
    vi.stubEnv("HOME", join(scene.home, "home"));
    make([[join(scene.home, "home"), STRANGER, 0o755]]);
    expect((await scene.use({ storageDirectory: elsewhere })).troubles).toEqual([]);
    expect(readdirSync(elsewhere)).toHaveLength(1);
  });
});
