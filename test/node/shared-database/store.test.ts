import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { markKey } from "../../../src/session/sign-out-mark.js";
import { describeRecordStore } from "../../contracts/record-store.js";
import { describeStoreWatch } from "../../contracts/store-watch.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { jwt, openRow, sessionWith, valuesIn, WANTED } from "./records.js";

const scratch = useScratchDirectories();

describeRecordStore("The shared database", () => {
  const directory = scratch();
  return { store: valuesIn(directory), reopen: () => valuesIn(directory) };
});

describeStoreWatch("The watch of the shared database", () => {
  const directory = scratch();
  return { watch: openRow(directory, "key").watch, other: valuesIn(directory), announce: () => {} };
});

const KEY = "prizm";
const id = (record: unknown) => (record as { id?: string } | undefined)?.id;
const claims = { iss: WANTED.issuer, sub: "alice", exp: 4_000_000_000, iat: 1_700_000_000 };
const rowOf = (more: object, refreshToken = "another refresh token") => ({
  id_token: jwt({ ...claims, aud: KEY, ...more }),
  access_token: jwt({ ...claims, ...more }),
  refresh_token: refreshToken,
});

describe("A record of a shared database", () => {
  it("comes back whole, with all that the row has no place for, also to another who opens it", async () => {
    const directory = scratch();
    const { store } = openRow(directory, KEY);
    const whole = { ...sessionWith(1, KEY), signOuts: ["a mark"], endsAt: 5, idTokenOwed: true, ofANewerVersion: [1] };
    await store.update(KEY, () => ({ value: whole }));
    expect(await openRow(directory, KEY).store.read(KEY)).toStrictEqual(whole);
  });

  it("leaves no token in what stands beside the database", async () => {
    const directory = scratch();
    await openRow(directory, KEY).store.update(KEY, () => ({ value: sessionWith(1, KEY) }));
    const notes = readFileSync(join(directory, "tokens", `${KEY}.row.json`), "utf8");
    expect(notes).toContain("an id");
    expect(notes).not.toMatch(/a refresh token|eyJ|c2ln/);
  });

  it("keeps its id when others renew it, and has another one after another's login", async () => {
    const directory = scratch();
    const { store, file } = openRow(directory, KEY);
    await store.update(KEY, () => ({ value: sessionWith(1, KEY) }));
    const swap = (next: ReturnType<typeof rowOf>) => expect(file.swap(file.read(), next)).toBe(true);
    swap(rowOf({ n: 1 }));
    expect(id(await openRow(directory, KEY).store.read(KEY))).toBe("an id");
    swap(rowOf({ n: 2 }));
    expect(id(await store.read(KEY))).toBe("an id");
    swap(rowOf({ sub: "bob" }));
    expect(id(await store.read(KEY))).not.toBe("an id");
  });

  it("has one id for all who find what neighbours have stored, also after their renewals, and another in another visit", async () => {
    const directory = scratch();
    const { store, file } = openRow(directory, KEY);
    file.swap(undefined, rowOf({ sid: "1" }));
    const first = id(await store.read(KEY));
    expect(first).toBeDefined();
    file.swap(file.read(), rowOf({ sid: "1", n: 2 }));
    expect(id(await openRow(directory, KEY).store.read(KEY))).toBe(first);
    file.swap(file.read(), rowOf({ sid: "2" }));
    expect(id(await store.read(KEY))).not.toBe(first);
  });

  it("is compared with the row as it is: a change that a neighbour comes before is made anew", async () => {
    const directory = scratch();
    const { store, file } = openRow(directory, KEY);
    await store.update(KEY, () => ({ value: sessionWith(1, KEY) }));
    const seen: (string | undefined)[] = [];
    await store.update(KEY, (current) => {
      const { refreshToken } = current as { refreshToken?: string };
      seen.push(refreshToken);
      if (seen.length === 1) file.swap(file.read(), rowOf({}));
      return refreshToken === "a refresh token" ? { delete: true } : undefined;
    });
    expect(seen).toEqual(["a refresh token", "another refresh token"]);
    expect(file.read()?.refresh_token).toBe("another refresh token");
  });

  it("is void from the mark of a sign-out on, also where its program died before the deletion and a neighbour had stored it", async () => {
    const directory = scratch();
    const { store, file } = openRow(directory, KEY);
    file.swap(undefined, rowOf({}));
    await store.put(markKey(KEY), { version: 1, id: "mark", at: 1 });
    const left = openRow(directory, KEY).store;
    expect(await left.read(KEY)).toMatchObject({ signOuts: [] });
    expect(await left.read(markKey(KEY))).toStrictEqual({ version: 1, id: "mark", at: 1 });
    file.swap(file.read(), { ...rowOf({ n: 1 }), refresh_token: "a later login's" });
    const later = await left.read(KEY);
    expect(later).toMatchObject({ refreshToken: "a later login's" });
    expect(later).not.toHaveProperty("signOuts");
  });

  it("that a neighbour deletes is a sign-out, also after an earlier deletion here; one that is deleted here is none", async () => {
    const directory = scratch();
    const [{ store, file }, other] = [openRow(directory, KEY), openRow(directory, KEY).store];
    const seen = async () => [await other.read(KEY), await other.read(markKey(KEY))];
    file.swap(undefined, rowOf({ n: 1 }));
    await seen();
    await store.update(KEY, () => ({ delete: true }));
    expect(await seen()).toEqual([undefined, undefined]);
    const isGone = async () => {
      file.swap(file.read(), undefined);
      expect(await seen()).toEqual([undefined, expect.objectContaining({ isSignOut: true })]);
    };
    file.swap(undefined, rowOf({ n: 2 }));
    await seen();
    await isGone();
    file.swap(undefined, rowOf({ n: 3 }));
    await seen();
    await store.update(KEY, (record) => ({ value: { ...(record as object), refreshToken: "renewed" } }));
    await isGone();
  });

  it("of a newer version is told as such, and left alone", async () => {
    const directory = scratch();
    const { store, file } = openRow(directory, KEY);
    await store.update(KEY, () => ({ value: sessionWith(1, KEY) }));
    await store.update(`${KEY}.row`, (notes) => ({ value: { ...(notes as object), version: 2 } }));
    expect(await openRow(directory, KEY).store.read(KEY)).toEqual({ version: 2 });
    file.swap(file.read(), rowOf({}));
    expect(await store.read(KEY)).toMatchObject({ version: 1 });
  });
});
