/** Who else can write the file or its folder: a group of others, everybody, and whoever a link leads to. As root, who can give files to groups. */
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const OTHERS = 100;
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const refused = (path: string) => ({
  code: "storage",
  kind: "permission",
  retryable: false,
  message: expect.stringMatching(new RegExp(`^Other users can write to (the shared database )?${path} `)) as string,
});

/** A desk with a session in its database. */
async function signedIn(context: TestContext): Promise<Desk & { readonly folder: string }> {
  if (process.getuid?.() !== 0) context.skip("only root can give a file to any group");
  const desk = await setDesk();
  await desk.client().getAccessToken();
  return Object.assign(desk, { folder: dirname(desk.database) });
}

function give(path: string, mode: number, group = 0): void {
  chownSync(path, 0, group);
  chmodSync(path, mode);
}

const tell = async (desk: Desk) =>
  (await desk.client().diagnose()).find(({ check }) => check === "storage") as { outcome: string; message: string };

describe("A file that a group can write to", () => {
  it("is not used where others are in the group, and diagnose() says so", async (context) => {
    const desk = await signedIn(context);
    give(desk.database, 0o664, OTHERS);
    await expect(desk.client().getAccessToken()).rejects.toMatchObject(refused(desk.database));
    expect(await tell(desk)).toMatchObject({ outcome: "failed", message: expect.stringContaining("group 100") });
    give(desk.database, 0o640, OTHERS);
    await desk.client().getAccessToken();
    expect(await tell(desk)).toMatchObject({ outcome: "warning", message: expect.stringContaining("can read") });
    expect(desk.logins).toBe(1);
  });

  it("is used where the group is the user's own, as with the umask 002, and diagnose() tells who can read it", async (context) => {
    const desk = await signedIn(context);
    give(desk.database, 0o664);
    await desk.client().getAccessToken();
    expect(await tell(desk)).toMatchObject({ outcome: "warning", message: expect.stringContaining("(mode 664)") });
    give(desk.database, 0o660);
    expect(await tell(desk)).toMatchObject({
      outcome: "ok",
      message: expect.stringContaining("nobody else is in its group 0"),
    });
    expect(desk.logins).toBe(1);
  });
});

describe("A folder in which others could replace the file", () => {
  it.for<[string, number, number]>([
    ["777", 0o777, 0],
    ["757", 0o757, 0],
    ["1777: a journal beside it is enough", 0o1777, 0],
    ["775 of others", 0o775, OTHERS],
  ])("is not used (%s), be the file there or not", async ([, mode, group], context) => {
    const desk = await signedIn(context);
    give(desk.folder, mode, group);
    await expect(desk.client().getAccessToken()).rejects.toMatchObject(refused(desk.folder));
    expect(await tell(desk)).toMatchObject({ outcome: "failed", message: expect.stringContaining(desk.folder) });
    rmSync(desk.database);
    await expect(desk.client().getAccessToken()).rejects.toMatchObject(refused(desk.folder));
    expect((await tell(desk)).outcome).toBe("failed");
    expect([desk.logins, desk.hasDatabase]).toEqual([1, false]);
  });

  it.for<[string, number]>([
    ["755", 0o755],
    ["775 of the user's own group", 0o775],
  ])(
    "is none with the modes that a umask leaves (%s), be the file there or not, and they stay",
    async ([, mode], context) => {
      const desk = await signedIn(context);
      give(desk.folder, mode);
      await desk.client().getAccessToken();
      expect((await tell(desk)).outcome).toBe("ok");
      rmSync(desk.database);
      await desk.client().getAccessToken();
      expect([modeOf(desk.database), modeOf(desk.folder)]).toEqual(["600", mode.toString(8)]);
      expect(desk.logins).toBe(2);
    },
  );

  it("is not used where it is another user's", async (context) => {
    const desk = await signedIn(context);
    chownSync(desk.folder, OTHERS, OTHERS);
    await expect(desk.client().getAccessToken()).rejects.toThrow(
      `${desk.folder} belongs to another user (uid 100, not 0)`,
    );
  });
});

describe("A link in the place of the file", () => {
  it.each([
    ["to nothing", (at: string) => at],
    ["to a link to nothing", (at: string) => (symlinkSync(at, `${at}.link`), `${at}.link`)],
  ])("%s: the file is made where it leads, with 0600, and its session keeps its name", async (_title, linkTo) => {
    const desk = await setDesk();
    const target = join(desk.directory, "elsewhere", "shared.db");
    for (const path of [desk.database, target]) mkdirSync(dirname(path), { mode: 0o755 });
    symlinkSync(linkTo(target), desk.database);
    const before = process.umask(0);
    try {
      await desk.client().getAccessToken();
    } finally {
      process.umask(before);
    }
    expect(modeOf(target)).toBe("600");
    await desk.client({ interaction: "never" }).getAccessToken();
    await desk.clientOf(desk.options({ interaction: "never", sharedDatabase: target })).getAccessToken();
    expect(desk.logins).toBe(1);
  });

  it("into a folder that others can write to is not used", async (context) => {
    const desk = await signedIn(context);
    const target = join(desk.directory, "open", "shared.db");
    mkdirSync(dirname(target));
    chmodSync(dirname(target), 0o777);
    rmSync(desk.database);
    symlinkSync(target, desk.database);
    await expect(desk.client().getAccessToken()).rejects.toMatchObject(refused(dirname(target)));
  });

  it("to itself, or below no folder, is a StorageError", async () => {
    const desk = await setDesk();
    mkdirSync(dirname(desk.database));
    symlinkSync(join("missing", "shared.db"), desk.database);
    const short = { storageTimeoutSeconds: 0.2 };
    await desk.client(short).signIn();
    expect(desk.hasDatabase).toBe(false);
    rmSync(desk.database);
    for (const [from, to] of [
      ["auth.db", "b"],
      ["b", "c"],
      ["c", "auth.db"],
    ] as const)
      symlinkSync(to, join(dirname(desk.database), from));
    await expect(desk.client(short).getAccessToken()).rejects.toMatchObject({ code: "storage" });
  });
});
