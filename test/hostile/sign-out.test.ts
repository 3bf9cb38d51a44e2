import { expect, test } from "vitest";
import { type OidcClient, StorageError } from "../../src/node/index.js";
import type { Hook } from "../support/fake-provider.js";
import { fragileStore } from "./world/records.js";
import { startWorld } from "./world.js";

const never = { interaction: "never" } as const;

test("sign-out with a store that refuses: the result says so, the session is gone here, and the deletion is tried again", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  const client = world.client({ storage: store });
  await client.getAccessToken();
  fail.delete = Object.assign(new Error("broken"), { code: "EIO" });
  const result = await client.signOut();
  expect(result.errors[0]).toBeInstanceOf(StorageError);
  expect(result.revocation).toBe("done");
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ code: "login_required" });
});

test("sign-out with a store that can be neither read nor written: what it gives when it is back is not believed, and deleted", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  const client = world.client({ storage: store });
  await client.getAccessToken();
  fail.get = fail.delete = Object.assign(new Error("broken"), { code: "EIO" });
  expect((await client.signOut({ local: true })).errors[0]).toBeInstanceOf(StorageError);
  fail.get = fail.delete = undefined;
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({
    code: "login_required",
    reason: "signed_out",
  });
});

test("LO-03 LO-04 sign-out with the provider down or in trouble: local first, the result says what failed", async () => {
  const world = await startWorld();
  const client = world.client();
  await client.getAccessToken();
  world.provider.on("revocation", () => ({ status: 503, json: {} }));
  const result = await client.signOut();
  expect(result).toMatchObject({ revocation: "failed", providerSession: "skipped" });
  expect(result.errors[0]).toMatchObject({ code: "network" });
  expect(world.stored()).toEqual({});
});

test("LO-01 providerSession opens the logout page with id_token_hint and client_id", async () => {
  const world = await startWorld();
  let address = new URL("http://x");
  const client = world.client();
  const { idToken } = await client.getTokenSet();
  // The same client's opener serves the page too.
  const out = world.client({ openBrowser: (url) => void (address = new URL(url)) });
  expect(await out.signOut({ providerSession: true })).toMatchObject({ revocation: "done", providerSession: "asked" });
  expect(address.searchParams.get("id_token_hint")).toBe(idToken);
  expect(address.searchParams.get("client_id")).toBe("prizm");
});

test("handleFrontchannelLogout clears the session when iss and sid match, else nothing", async () => {
  const world = await startWorld({ editIdToken: (claims) => ({ ...claims, sid: "s1" }) });
  const client = world.client();
  await client.getAccessToken();
  const at = (sid: string) => `https://app.example/logout?${new URLSearchParams({ iss: world.provider.issuer, sid })}`;
  expect(await client.handleFrontchannelLogout(at("s2"))).toBe(false);
  expect(await client.handleFrontchannelLogout(at("s1"))).toBe(true);
  expect(world.stored()).toEqual({});
});

test("PG-33 a front-channel logout where the storage holds no session has a debug line that says why", async () => {
  const world = await startWorld();
  const lines: string[] = [];
  const client = world.client({ logger: { debug: (line) => void lines.push(line) } });
  const at = (query: string) => client.handleFrontchannelLogout(`https://app.example/logout${query}`);
  const said = () => lines.filter((line) => line.includes("storage of this page holds no session"));
  expect(await at("")).toBe(false);
  expect(said()).toEqual([]);
  expect(await at("?iss=https%3A%2F%2Fid.example&sid=s1")).toBe(false);
  expect(said()).toHaveLength(1);
  await client.getAccessToken();
  expect(await at("?iss=https%3A%2F%2Fid.example&sid=s1")).toBe(false);
  expect(said()).toHaveLength(1);
});

test("LO-03 a revocation endpoint that hangs: the result comes within the time limit, and the session here went first", async () => {
  const world = await startWorld();
  const client = world.client({ requestTimeoutSeconds: 0.3 });
  await client.getAccessToken();
  const storedMeanwhile: unknown[] = [];
  world.provider.on("revocation", (exchange) => {
    storedMeanwhile.push(world.stored());
    return exchange.hang();
  });
  const result = await client.signOut();
  expect(result.revocation).toBe("failed");
  expect(result.errors.map(({ code }) => code)).toContain("timeout");
  expect(storedMeanwhile).toEqual([{}, {}]);
});

test("LO-03 the provider is gone: the session here is gone too, and the result says what failed", async () => {
  const world = await startWorld();
  await world.signIn();
  await world.provider.down();
  const result = await world.client().signOut({ providerSession: true });
  expect(result).toMatchObject({ revocation: "failed", providerSession: "failed" });
  expect(world.stored()).toEqual({});
});

test.each<[string, Hook, string]>([
  ["200 for a token it does not know", () => ({ status: 200, body: "" }), "done"],
  ["200 with a page", (exchange) => exchange.html(200, "fine"), "done"],
  ["204", () => ({ status: 204 }), "done"],
  ["503", () => ({ status: 503, json: {} }), "failed"],
  ["400", (exchange) => exchange.error("invalid_request"), "failed"],
  ["401", (exchange) => exchange.error("invalid_client", undefined, 401), "failed"],
  ["a redirect", (exchange) => exchange.redirect("https://evil.example/", 307), "failed"],
  ["a broken connection", (exchange) => exchange.reset(), "failed"],
])("LO-04 a revocation that answers %s", async (_title, hook, revocation) => {
  const world = await startWorld();
  await world.signIn();
  world.provider.on("revocation", hook);
  const client = world.client();
  expect((await client.signOut()).revocation).toBe(revocation);
  expect(world.stored()).toEqual({});
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ reason: "signed_out" });
});

test.each<[string, Hook, string]>([
  ["503", () => ({ status: 503, json: {} }), "network"],
  ["400", (exchange) => exchange.error("invalid_request"), "provider"],
  ["a page", (exchange) => exchange.html(400, "hotel"), "response"],
  ["nothing in time", (exchange) => exchange.hang(), "timeout"],
])("LO-04 a revocation that gets %s: its error does not say that the session is kept", async (_title, hook, code) => {
  const world = await startWorld();
  await world.signIn();
  world.provider.on("revocation", hook);
  const [error] = (await world.client({ requestTimeoutSeconds: 0.2 }).signOut()).errors;
  expect(error).toMatchObject({ code, sessionKept: false, message: expect.not.stringMatching(/session is (kept|as)/) });
});

test("an abort of the rest of a sign-out does not say that the session is kept", async () => {
  const world = await startWorld();
  await world.signIn();
  const result = await world.client().signOut({ signal: AbortSignal.abort() });
  expect(result).toMatchObject({ revocation: "failed", errors: [{ code: "aborted", sessionKept: false }] });
  expect(world.stored()).toEqual({});
});

test.each<[string, (client: OidcClient) => Promise<unknown>]>([
  ["signOut", (client) => client.signOut()],
  ["destroyTokens", (client) => client.destroyTokens()],
])("LO-09 %s leaves another client's and another scope's session as it was", async (_title, call) => {
  const world = await startWorld();
  const others = [{ clientId: "other" }, { extraScopes: ["offline_access"], audiences: [] }];
  for (const other of others) await world.signIn(other);
  const before = world.stored();
  const client = world.client();
  await client.getAccessToken();
  await call(client);
  expect(world.stored()).toEqual(before);
  for (const other of others) await world.client({ ...never, ...other }).getAccessToken({ forceRefresh: true });
});

test("LO-12 a session that was revoked elsewhere: 50 callers, one POST, one event, 50 times LoginRequiredError", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.killSession();
  const client = world.client(never);
  const reasons: string[] = [];
  client.on("session", ({ reason }) => reasons.push(reason));
  const calls = Array.from({ length: 50 }, () => client.getAccessToken({ forceRefresh: true }));
  const errors = await Promise.all(calls.map((call) => world.failure(call)));
  expect(new Set(errors.map(({ code, reason }) => `${code} ${String(reason)}`))).toEqual(
    new Set(["login_required refresh_rejected"]),
  );
  expect(world.provider.ledger.count("token")).toBe(1);
  await expect.poll(() => reasons).toEqual(["restored", "ended"]);
  expect(world.stored()).toEqual({});
});

test("LO-12 the same with ten clients over one store: one POST, and each client tells once", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.killSession();
  const clients = Array.from({ length: 10 }, () => world.client(never));
  const told: string[][] = clients.map(() => []);
  // Each has had a token before: a client that never knew the session has nothing to tell.
  await Promise.all(clients.map((client) => client.getAccessToken()));
  for (const [at, client] of clients.entries()) client.on("session", ({ reason }) => told[at]?.push(reason));
  const calls = clients.flatMap((client) => [1, 2, 3].map(() => client.getAccessToken({ forceRefresh: true })));
  for (const call of calls) expect(await world.failure(call)).toMatchObject({ code: "login_required" });
  expect(world.provider.ledger.count("token")).toBe(1);
  await expect.poll(() => told.map((reasons) => reasons.length)).toEqual(Array(10).fill(1));
});

test("PV-18 params go into the logout request, as Cognito's logout_uri", async () => {
  const world = await startWorld();
  await world.signIn();
  let url: URL | undefined;
  const client = world.client({ openBrowser: (address) => void (url = new URL(address)) });
  const params = { logout_uri: "https://app.example/bye" };
  expect(await client.signOut({ providerSession: true, params })).toMatchObject({ errors: [] });
  expect(url?.searchParams.get("logout_uri")).toBe("https://app.example/bye");
  expect(url?.searchParams.getAll("client_id")).toEqual(["prizm"]);
});

test.each([
  ["client_id", { client_id: "other" }],
  ["State", { State: "x" }],
  ["id_token_hint", { id_token_hint: "x" }],
  ["Post_Logout_Redirect_URI", { Post_Logout_Redirect_URI: "https://app.example/" }],
  ["logout_uri", { logout_uri: 1 }],
  ["plain object", ["x"]],
])("PV-18 params with %s are refused before anything is done", async (what, params) => {
  const world = await startWorld();
  await world.signIn();
  const error = await world.failure(world.client().signOut({ params: params as never }));
  expect(error).toMatchObject({ code: "configuration", option: "params", message: expect.stringContaining(what) });
  expect(Object.keys(world.stored())).toHaveLength(1);
});

test("a sign-out whose first read of the store fails revokes what its deletion finds", async () => {
  const world = await startWorld();
  const { store, records } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  let reads = 0;
  const get = (key: string) =>
    (reads += 1) === 1 ? Promise.reject(new Error("connection reset")) : Promise.resolve(store.get(key));
  const result = await world.client({ storage: { ...store, get } }).signOut();
  expect(result).toMatchObject({ revocation: "done", errors: [] });
  expect(world.provider.ledger.count("revocation")).toBeGreaterThan(0);
  expect([...records.keys()].filter((key) => !key.endsWith(".out"))).toEqual([]);
});

test("a sign-out of a store that says nothing tells that nothing was revoked", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  const broken = Object.assign(new Error("broken"), { code: "EIO" });
  Object.assign(fail, { get: broken, set: broken, delete: broken });
  const client = world.client({ storage: store });
  const result = await client.signOut();
  expect([result.revocation, result.errors.map(({ code }) => code)]).toEqual(["failed", ["storage"]]);
  expect((await client.signOut({ local: true })).revocation).toBe("skipped");
});
