/**
 * Drives without modes, hard links and symbolic links, as CIFS, vfat, exFAT and FUSE mounts are. No kernel of the tests has
 * one, so that all of it is a stand-in: of `node:fs`, and of the system calls by strace.
 */
import { spawnSync } from "node:child_process";
import type * as nodeFs from "node:fs";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StorageError } from "../../../src/errors.js";
import { OidcClient } from "../../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import { callStore } from "../programs/start.js";
import { openRecords } from "./records.js";

/** What the drive shows of everything on it, and what it says to chmod: nothing, or an error. */
const drive = vi.hoisted(() => ({
  path: "",
  link: "",
  shows: undefined as number | undefined,
  refuses: "",
  owner: undefined as number | undefined,
}));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  const isThere = (path: unknown) =>
    drive.path !== "" && [drive.path, drive.link].some((start) => start && String(path).startsWith(start));
  const files = new Map<number, string>();
  const shown = (stat: nodeFs.Stats | undefined, path: unknown) => {
    if (stat === undefined || !isThere(path)) return stat;
    if (drive.shows !== undefined) stat.mode = (stat.mode & ~0o7777) | drive.shows;
    if (drive.owner !== undefined) stat.uid = drive.owner;
    return stat;
  };
  const refuse = (path: unknown, call: () => void) => {
    if (!isThere(path)) return call();
    if (drive.refuses !== "") throw Object.assign(new Error("a stand-in"), { code: drive.refuses });
  };
  const stat = (name: "statSync" | "lstatSync") => (path: string, options?: object) =>
    (options as { bigint?: boolean })?.bigint
      ? real[name](path, options as never)
      : shown(real[name](path, options as never), path);
  const fake = {
    ...real,
    statSync: stat("statSync"),
    lstatSync: stat("lstatSync"),
    openSync: (path: string, ...rest: [number, number?]) => {
      const file = real.openSync(path, ...rest);
      files.set(file, path);
      return file;
    },
    fstatSync: (file: number, options?: object) =>
      options === undefined ? shown(real.fstatSync(file), files.get(file)) : real.fstatSync(file, options),
    chmodSync: (path: string, mode: number) => refuse(path, () => real.chmodSync(path, mode)),
    fchmodSync: (file: number, mode: number) => refuse(files.get(file), () => real.fchmodSync(file, mode)),
    linkSync: (path: string) => refuse(path, () => expect.fail("no links are needed")),
    symlinkSync: (target: string, path: string) => refuse(path, () => real.symlinkSync(target, path)),
  };
  return { ...fake, default: fake };
});

let place: string;
let directory: string;
let provider: FakeProvider;
const troubles: StorageError[] = [];

beforeEach(async () => {
  provider = await startFakeProvider();
  // The folder for temporary files is open to all, and so is the drive: modes alone keep others out.
  place = mkdtempSync("/tmp/keystone-auth-");
  chmodSync(place, 0o755);
  directory = join(place, "drive", "tokens");
  mkdirSync(join(place, "drive"));
  troubles.length = 0;
  Object.assign(drive, { path: join(place, "drive"), link: "", shows: undefined, refuses: "", owner: undefined });
});

afterEach(async () => {
  drive.path = "";
  await provider.close();
  rmSync(place, { recursive: true, force: true });
});

const open = () => openRecords(directory, (error) => void troubles.push(error));

/** Three programs, one after the other: how many logins it takes, and what each is told. */
async function usedByThree(): Promise<{ logins: number; told: StorageError[][] }> {
  const told: StorageError[][] = [];
  for (const forceRefresh of [false, false, true]) {
    const own: StorageError[] = [];
    told.push(own);
    const client = new OidcClient({
      clientId: "prizm",
      issuer: provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storageDirectory: directory,
      openBrowser: (url) => void provider.authorize(url),
      logger: { warn: () => {} },
    });
    client.on("storage", ({ error }) => own.push(error));
    await client.getAccessToken({ forceRefresh });
    await client.close();
  }
  return { logins: provider.ledger.count("token", "authorization_code"), told };
}

const REFUSALS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL"];

describe("A drive that takes no modes (a stand-in)", () => {
  it.each(REFUSALS)(
    "LK-12 stores from the first login on where chmod and link fail with %s, and one event tells",
    async (code) => {
      drive.refuses = code;
      const { logins, told } = await usedByThree();
      expect(logins).toBe(1);
      const once = [
        { code: "storage", kind: "permission", causeCode: code, message: expect.stringContaining("no file modes") },
      ];
      // The second program only reads.
      expect(told).toMatchObject([once, [], once]);
      expect(readdirSync(directory)).toHaveLength(1);
    },
  );

  it.each([0o755, 0o750, 0o711])(
    "LK-12 uses a directory that shows %o there: nobody else can write to it, and the files are private",
    async (mode) => {
      drive.path = "";
      mkdirSync(directory, { mode });
      Object.assign(drive, { path: join(place, "drive"), refuses: "EPERM" });
      await open().put("key", { kept: true });
      expect(await open().read("key")).toEqual({ kept: true });
      expect(troubles).toMatchObject([{ kind: "permission", causeCode: "EPERM" }]);
    },
  );

  it.each(["EPERM", ""])(
    "LK-12 is not given a token that others could read there: all shows 0755 (chmod says %j)",
    async (code) => {
      Object.assign(drive, { shows: 0o755, refuses: code });
      await expect(open().put("key", { secret: "text" })).rejects.toMatchObject({
        kind: "permission",
        message: expect.stringMatching(/no file modes.*another directory.*storage: "memory"/),
      });
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it("LK-12 is used where all shows 0755 and a folder above lets nobody else pass", async () => {
    chmodSync(place, 0o700);
    Object.assign(drive, { shows: 0o755, refuses: "EPERM" });
    const { logins, told } = await usedByThree();
    expect(logins).toBe(1);
    expect(told.map((each) => each.length)).toEqual([1, 0, 1]);
  });

  it("LK-12 is not used through a link from a closed folder", async () => {
    const home = join(place, "home");
    mkdirSync(home, { mode: 0o700 });
    symlinkSync(join(place, "drive"), join(home, "link"));
    Object.assign(drive, { link: join(home, "link"), shows: 0o755, refuses: "EPERM" });
    const records = openRecords(join(home, "link", "tokens"), () => {});
    await expect(records.put("key", {})).rejects.toMatchObject({ kind: "permission" });
  });

  it.each([0o777, 0o775, 0o770, 0o773])(
    "LK-12 is refused where all is %o and stays so, with advice that can be followed",
    async (mode) => {
      chmodSync(place, 0o700);
      for (const refuses of ["", "EPERM"]) {
        Object.assign(drive, { shows: mode, refuses });
        const refusal = {
          code: "storage",
          kind: "permission",
          message: expect.stringMatching(/no file modes.*storageDirectory.*storage: "memory"/),
        };
        await expect(open().put("key", {})).rejects.toMatchObject(refusal);
        // The directory is there by now.
        await expect(open().read("key")).rejects.toMatchObject(refusal);
        await expect(usedByThree()).rejects.toMatchObject(refusal);
        expect(readdirSync(directory)).toEqual([]);
      }
      expect(provider.ledger.count("authorize")).toBe(0);
    },
  );

  it("LK-12 a directory that others may write on a drive with modes is told apart, and left as it was", async () => {
    drive.path = "";
    mkdirSync(directory);
    for (const mode of [0o777, 0o1777, 0o2775]) {
      chmodSync(directory, mode);
      const message = expect.stringContaining("chmod 700");
      await expect(open().read("key")).rejects.toMatchObject({ kind: "permission", message });
      expect(statSync(directory).mode & 0o7777).toBe(mode);
    }
  });

  it("LK-12 has no owners either: what was just made there and belongs to another is not advised to be given back", async () => {
    drive.owner = 4242;
    await expect(open().put("key", {})).rejects.toMatchObject({
      kind: "permission",
      message: expect.stringMatching(/no owners.*storage: "memory"/),
    });
  });
});

describe("A program on such a drive (the system calls fail by strace)", () => {
  const calls = "chmod,fchmod,fchmodat,link,linkat,symlink,symlinkat";
  it.for([
    ["refuses chmod and links", `${calls}:error=EPERM`, 1],
    ["ignores chmod and links", `${calls}:retval=0`, 0],
    ["has no fsync", "fsync:error=EINVAL", 0],
  ] as const)("LK-12 stores where the drive %s", { timeout: 60_000 }, async ([, fault, events], context) => {
    if (spawnSync("strace", ["-o", "/dev/null", "true"]).status !== 0) context.skip("strace does not work here");
    const wrapper = ["strace", "-f", "-o", "/dev/null", "-e", `inject=${fault}`];
    const as = { directory, key: "key", value: { kept: true } };
    const { error, troubles: told } = await callStore({ ...as, call: "put" }, wrapper);
    expect(error).toBeUndefined();
    expect(told).toHaveLength(events);
    expect(await callStore({ ...as, call: "read" }, wrapper)).toEqual({ result: { kept: true }, troubles: [] });
  });
});
