/** A sign-out by another client of the same store: nothing that began before it brings the session back. */
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { OidcClient, OidcClientOptions } from "../../src/node/index.js";
import { startWorld, type World } from "../hostile/world.js";
import { editRecord, fragileStore, isMark } from "../hostile/world/records.js";

const never = { interaction: "never" } as const;
const signedOut = { code: "login_required", reason: "signed_out" };
const full = Object.assign(new Error("no space"), { code: "ENOSPC" });

type Storage = NonNullable<OidcClientOptions["storage"]>;

/** Another client signs out while the browser of this one is open; then its person finishes. */
function openedBeside(world: World, act: (other: OidcClient) => Promise<unknown>, storage: Storage = "file") {
  const other = world.client({ storage });
  const openBrowser = async (url: string) => {
    await act(other);
    world.provider.authorize(url).catch(() => {});
  };
  return world.client({ openBrowser, storage });
}

const localSignOut = (other: OidcClient) => other.signOut({ local: true });

test.each([
  ["files", (): Storage => "file"],
  ["a store of the program's own", (): Storage => fragileStore().store],
])(
  "a login that is under way while another client signs out: it gives no token and stores nothing, in %s",
  async (_title, storage) => {
    const world = await startWorld();
    const kept = storage();
    const client = openedBeside(world, localSignOut, kept);
    expect(await world.failure(client.getAccessToken())).toMatchObject({ ...signedOut, sessionKept: false });
    // The code is not spent for a session that nobody may have.
    expect(world.provider.ledger.count("token")).toBe(0);
    expect(await world.failure(world.client({ storage: kept }).getAccessToken(never))).toMatchObject({
      reason: "no_session",
    });
    expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  },
);

test("the same for signIn(), while the code is exchanged", async () => {
  const world = await startWorld();
  const [client, other] = [world.client(), world.client()];
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    await localSignOut(other);
    return answer;
  });
  expect(await world.failure(client.signIn())).toMatchObject(signedOut);
  expect(world.stored()).toEqual({});
});

test("destroyTokens() of another client ends the login under way, too; the next call may open one again", async () => {
  const world = await startWorld();
  const client = openedBeside(world, (other) => other.destroyTokens());
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  expect(world.stored()).toEqual({});
  const token = await world.client().getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  await world.client().destroyTokens();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await world.failure(client.getAccessToken(never))).toMatchObject(signedOut);
  const opened = world.opened();
  await world.client().getAccessToken();
  expect(world.opened()).toBe(opened + 1);
});

test("SE-20 a session that the provider ended, as another client has learnt: nobody is said to have signed out", async () => {
  const world = await startWorld();
  await world.signIn();
  const [client, other] = [world.client(never), world.client(never)];
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  await client.getAccessToken();
  world.provider.killSession();
  expect(await world.failure(other.getAccessToken({ forceRefresh: true }))).toMatchObject({
    reason: "refresh_rejected",
  });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await world.failure(client.getAccessToken())).toMatchObject({ reason: "no_session" });
  await expect.poll(() => reasons).toEqual(["restored", "ended"]);
});

test("a login that waits for another one's: after a sign-out it opens no browser", async () => {
  const world = await startWorld();
  let finish = () => {};
  const first = world.client({ openBrowser: () => new Promise((resolve) => (finish = () => resolve())) });
  const waiting = world.failure(first.getAccessToken());
  await expect.poll(() => readdirSync(world.directory).join()).toContain("login.");
  const second = world.client();
  const joining = world.failure(second.getAccessToken());
  await new Promise((resolve) => setTimeout(resolve, 300));
  await localSignOut(world.client());
  await first.close();
  finish();
  await waiting;
  expect(await joining).toMatchObject(signedOut);
  expect(world.opened()).toBe(0);
});

test.each([200, 503])("a refresh that is answered %s while another client signs out opens no login", async (status) => {
  const world = await startWorld();
  await world.signIn();
  // It is due, and still has 25 s.
  editRecord(world, ({ accessTokens }) => {
    const { default: token } = accessTokens as { default: { obtainedAt: number; expiresAt: number } };
    token.obtainedAt -= 275_000;
    token.expiresAt = token.obtainedAt + 300_000;
  });
  const [client, other] = [world.client(), world.client()];
  const opened = world.opened();
  world.provider.once("token", async (exchange) => {
    const answer = status === 200 ? await exchange.next() : { status, json: {} };
    await localSignOut(other);
    return answer;
  });
  const refreshing = client.getAccessToken();
  expect(await world.failure(refreshing)).toMatchObject(signedOut);
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  expect(world.opened()).toBe(opened);
  expect(world.stored()).toEqual({});
});

test("a client that had the session opens no login after another one's sign-out, until somebody signs in", async () => {
  const world = await startWorld();
  await world.signIn();
  const [client, other] = [world.client(), world.client()];
  await client.getAccessToken();
  await localSignOut(other);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  const opened = world.opened();
  await other.signIn();
  expect(await client.getAccessToken()).toBe(await other.getAccessToken());
  expect(world.opened()).toBe(opened + 1);
});

test("a program that starts after the sign-out begins a login as usual", async () => {
  const world = await startWorld();
  await world.signIn();
  await localSignOut(world.client());
  const token = await world.client().getAccessToken();
  expect(await world.client(never).getAccessToken()).toBe(token);
});

test("a late login does not take the place of a session that began after the sign-out", async () => {
  const world = await startWorld();
  const { store } = fragileStore();
  // With a directory of its own for locks, which the login under way does not hold.
  const other = world.client({ storage: store, storageDirectory: `${world.directory}-2` });
  const openBrowser = async (url: string) => {
    await localSignOut(other);
    await other.signIn();
    world.provider.authorize(url).catch(() => {});
  };
  const client = world.client({ storage: store, openBrowser });
  expect(await world.failure(client.getAccessToken())).toMatchObject(signedOut);
  const theirs = await other.getAccessToken();
  expect(await world.client({ storage: store, ...never }).getAccessToken()).toBe(theirs);
  expect(await client.getAccessToken(never)).toBe(theirs);
});

test("SE-02 a deletion that the store refuses: the next program finds no session, and deletes what is left", async () => {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const client = world.client({ storage: store });
  await client.getAccessToken();
  fail.delete = full;
  expect((await client.signOut({ local: true })).errors).toMatchObject([{ code: "storage", kind: "full" }]);
  expect(records.size).toBe(1);
  const next = world.client({ storage: store, ...never });
  expect(await world.failure(next.getAccessToken())).toMatchObject({ code: "login_required" });
  fail.delete = undefined;
  expect(await world.failure(next.getAccessToken())).toMatchObject({ code: "login_required" });
  await expect.poll(() => records.size).toBe(0);
});

const markFile = (world: World) => {
  const [name] = readdirSync(world.directory).filter(isMark);
  return join(world.directory, name as string);
};

test("the mark holds no token and no claim, and is private", async () => {
  const world = await startWorld();
  await world.signIn();
  await localSignOut(world.client());
  const mark = JSON.parse(readFileSync(markFile(world), "utf8")) as object;
  expect(Object.keys(mark).sort()).toEqual(["at", "id", "isSignOut", "version"]);
});

test("a mark goes after a day, and the session that came after it stays", async () => {
  const world = await startWorld();
  await world.signIn();
  await localSignOut(world.client());
  const token = await world.client().getAccessToken();
  const mark = JSON.parse(readFileSync(markFile(world), "utf8")) as { at: number };
  const later = world.client(never);
  expect(await later.getAccessToken()).toBe(token);
  expect(readdirSync(world.directory).filter(isMark)).toHaveLength(1);
  writeFileSync(markFile(world), JSON.stringify({ ...mark, at: mark.at - 86_500_000 }));
  utimesSync(markFile(world), 1, 1);
  expect(await world.client(never).getAccessToken()).toBe(token);
  await expect.poll(() => readdirSync(world.directory).filter(isMark)).toEqual([]);
  expect(await world.client(never).getAccessToken()).toBe(token);
});

test("a session that an older version has stored beside a mark is a session", async () => {
  const world = await startWorld();
  await world.signIn();
  await localSignOut(world.client());
  const token = await world.client().getAccessToken();
  editRecord(world, (record) => delete record.signOuts);
  world.meddled();
  expect(await world.client(never).getAccessToken()).toBe(token);
});
