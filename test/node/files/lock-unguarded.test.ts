/** Where no lock file can be made, the work learns why: whoever would send a token that works once must know it. */
import type * as nodeFs from "node:fs";
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/clock.js";
import type { StorageError } from "../../../src/errors.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { dead, foreign, plant } from "./lock-files.js";
import { fill, remount, useMounts } from "./small-disk.js";

const creation = vi.hoisted(() => ({ code: "" }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  return {
    ...real,
    openSync: (...args: Parameters<typeof nodeFs.openSync>) => {
      if (creation.code !== "" && args[1] === "wx")
        throw Object.assign(new Error("a stand-in"), { code: creation.code });
      return real.openSync(...args);
    },
  };
});

const STRANGER = 65534;
const scratch = useScratchDirectories();
const { smallDisk, readOnlyView } = useMounts();
const troubles: StorageError[] = [];
const names = ["refresh.a", "record.a", "login.a"];

beforeEach(() => {
  creation.code = "";
  troubles.length = 0;
});
afterEach(() => {
  process.seteuid?.(0);
});

const open = (directory: string) =>
  openFileLock({ directory, clock: systemClock, onTrouble: (error) => void troubles.push(error) });
/** What the work of each lock is told. */
async function toldTo(directory: string): Promise<unknown[]> {
  const lock = open(directory);
  const told = [];
  for (const name of names) {
    told.push(
      await lock.run(name, { timeoutMs: 3000 }, async (hold) => (hold.stillHeld() ? hold.isUnguarded : "lost")),
    );
  }
  return told;
}
const all = (expected: unknown) => names.map(() => expected);

describe("file lock: without a lock file", () => {
  it("LK-11 tells the work why, and not where the lock is held", async () => {
    const directory = join(scratch(), "tokens");
    expect(await toldTo(directory)).toEqual(all(undefined));
    chmodSync(directory, 0o777);
    expect(await toldTo(directory)).toMatchObject(all({ code: "storage", kind: "permission" }));
    chmodSync(directory, 0o700);
    expect(await toldTo(directory)).toEqual(all(undefined));
    expect(troubles).toHaveLength(1);
  });

  it("LK-11 on a disk that is read-only (EROFS), with and without a directory, and with a lock that a dead process left", async (context) => {
    const disk = smallDisk(context);
    for (const name of ["tokens", "left"]) mkdirSync(join(disk, name), { mode: 0o700 });
    for (const name of names) plant(join(disk, "left", `${name}.lock`), dead);
    remount(disk, "ro");
    for (const directory of ["tokens", "missing", "left"])
      expect(await toldTo(join(disk, directory))).toMatchObject(all({ kind: "permission", causeCode: "EROFS" }));
    expect(troubles.map(({ causeCode }) => causeCode)).toEqual(all("EROFS"));
    remount(disk, "rw");
    for (const directory of ["tokens", "missing", "left"])
      expect(await toldTo(join(disk, directory))).toEqual(all(undefined));
  });

  it("LK-11 on a read-only mount of a directory that others can write, as in a container", async (context) => {
    const directory = join(scratch(), "tokens");
    mkdirSync(directory, { mode: 0o700 });
    const view = readOnlyView(context, directory);
    expect(await toldTo(view)).toMatchObject(all({ kind: "permission", causeCode: "EROFS" }));
    expect(await toldTo(directory)).toEqual(all(undefined));
    expect(readdirSync(directory)).toEqual([]);
  });

  it.for([
    ["for more files", "nr_inodes=16", 0],
    ["for more bytes", "size=64k", 4096],
  ] as const)("LK-11 on a disk that has no room (ENOSPC) %s", async ([, size, bytes], context) => {
    const disk = smallDisk(context, size);
    const directory = join(disk, "tokens");
    mkdirSync(directory, { mode: 0o700 });
    const empty = fill(disk, bytes);
    expect(await toldTo(directory)).toMatchObject(all({ kind: "full", causeCode: "ENOSPC" }));
    expect(readdirSync(directory)).toEqual([]);
    empty();
    expect(await toldTo(directory)).toEqual(all(undefined));
  });

  it.each([
    ["EDQUOT", "full"],
    ["ENOSPC", "full"],
    ["EROFS", "permission"],
    ["EACCES", "permission"],
    ["EPERM", "permission"],
    ["ERR_ACCESS_DENIED", "permission"],
  ])(
    "LK-11 where no file can be created with %s (a stand-in), also beside a lock that was left",
    async (code, kind) => {
      const directory = scratch();
      creation.code = code;
      expect(await toldTo(directory)).toMatchObject(all({ kind, causeCode: code }));
      for (const name of names) plant(join(directory, `${name}.lock`), dead);
      expect(await toldTo(directory)).toMatchObject(all({ kind, causeCode: code }));
    },
  );

  it("LK-11 in a directory that its own user cannot write (EACCES), or that lies below a file (ENOTDIR)", async (context) => {
    if (process.geteuid?.() !== 0) context.skip("only root can act as another user");
    const place = scratch();
    chmodSync(place, 0o755);
    const directory = join(place, "tokens");
    mkdirSync(directory);
    chownSync(directory, STRANGER, STRANGER);
    chmodSync(directory, 0o500);
    writeFileSync(join(place, "file"), "");
    process.seteuid?.(STRANGER);
    expect(await toldTo(directory)).toMatchObject(all({ kind: "permission", causeCode: "EACCES" }));
    expect(await toldTo(join(place, "file", "tokens"))).toMatchObject(all({ causeCode: "ENOTDIR" }));
  });

  it("LK-11 is no way past a holder that may live: it is waited for, also where nothing can be written", async (context) => {
    const disk = smallDisk(context);
    const directory = join(disk, "tokens");
    mkdirSync(directory, { mode: 0o700 });
    plant(join(directory, "a.lock"), foreign);
    remount(disk, "ro");
    const run = open(directory).run("a", { timeoutMs: 300 }, async () => "begun");
    await expect(run).rejects.toMatchObject({ code: "lock_timeout" });
  });
});
