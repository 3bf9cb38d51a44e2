import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type KeyValueStore, StorageError } from "../../src/node/index.js";
import { startWorld, type World } from "./world.js";

const never = { interaction: "never" } as const;

function recordFile(world: World): string {
  const [name] = readdirSync(world.directory).filter((file) => file.endsWith(".json"));
  return join(world.directory, name as string);
}

function editRecord(world: World, edit: (record: Record<string, unknown>) => void): void {
  const record = JSON.parse(readFileSync(recordFile(world), "utf8")) as Record<string, unknown>;
  edit(record);
  writeFileSync(recordFile(world), JSON.stringify(record));
}

/** A store of the program's own whose calls can be made to fail. */
function fragileStore() {
  const records = new Map<string, string>();
  const fail: { get?: unknown; set?: unknown; delete?: unknown } = {};
  const store: KeyValueStore = {
    get: async (key) => {
      if (fail.get) throw fail.get;
      const text = records.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: async (key, value) => {
      if (fail.set) throw fail.set;
      records.set(key, JSON.stringify(value));
    },
    delete: async (key) => {
      if (fail.delete) throw fail.delete;
      records.delete(key);
    },
  };
  return { store, records, fail };
}

test("another scope, audience, client or issuer is another session; order does not matter", async () => {
  const world = await startWorld({ audience: ["hub_connector_api", "b"] });
  await world.signIn({ extraScopes: ["offline_access", "b"] });
  await world.client({ ...never, extraScopes: ["b", "offline_access"] }).getAccessToken();
  for (const other of [{ extraScopes: ["offline_access"] }, { audiences: ["b"] }, { clientId: "other" }]) {
    const call = world.client({ ...never, extraScopes: ["offline_access", "b"], ...other }).getAccessToken();
    expect(await world.failure(call)).toMatchObject({ code: "login_required", reason: "no_session" });
  }
});

test("rejectedToken: the current token where it differs, else one renewal", async () => {
  const world = await startWorld();
  const first = await world.signIn();
  const client = world.client(never);
  const second = await client.getAccessToken({ rejectedToken: first });
  expect(second).not.toBe(first);
  expect(await client.getAccessToken({ rejectedToken: first })).toBe(second);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("rejectedToken of a caller who joins a renewal that others began is never given back", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 20 });
  const first = await world.signIn({ minValiditySeconds: 0 });
  const client = world.client({ ...never, minValiditySeconds: 0 });
  const [plain, rejected] = await Promise.all([
    client.getAccessToken({ forceRefresh: true }),
    client.getAccessToken({ rejectedToken: first }),
  ]);
  expect(plain).not.toBe(first);
  expect(rejected).not.toBe(first);
});

test("a token that lives shorter than minValiditySeconds is given, with one refresh a call", async () => {
  const world = await startWorld({ accessTokenLifetimeSeconds: 10 });
  await world.signIn();
  expect(world.provider.ledger.count("token")).toBe(0);
  await world.client(never).getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("destroyAccessToken: the next call refreshes; destroyTokens: nobody is signed in", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client(never);
  const before = await client.getAccessToken();
  await client.destroyAccessToken();
  expect(await client.getAccessToken()).not.toBe(before);
  await client.destroyTokens();
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "login_required", reason: "signed_out" });
  expect(readdirSync(world.directory).filter((name) => name.includes("json"))).toEqual([]);
});

test("noCache writes nothing; a second client signs in again", async () => {
  const world = await startWorld();
  const client = world.client({ noCache: true });
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(() => readdirSync(world.directory)).toThrow("ENOENT");
  expect(await world.failure(world.client(never).getAccessToken())).toMatchObject({ reason: "no_session" });
});

test("getIdTokenClaims and getTokenSet speak of the session and never of the refresh token", async () => {
  const world = await startWorld();
  const client = world.client();
  expect(await client.getIdTokenClaims()).toBeUndefined();
  const set = await client.getTokenSet();
  expect(set.idTokenClaims).toMatchObject({ sub: "alice", iss: world.provider.issuer });
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "alice" });
  const refreshToken = (JSON.parse(Object.values(world.stored())[0] as string) as { refreshToken: string })
    .refreshToken;
  expect(JSON.stringify(set)).not.toContain(refreshToken);
  expect(set.expiresAt).toBeInstanceOf(Date);
});

test("events: signed_in, refreshed, signed_out, user_changed, ended, each once", async () => {
  const world = await startWorld();
  const reasons: string[] = [];
  const client = world.client();
  client.on("session", ({ reason }) => reasons.push(reason));
  await client.getAccessToken();
  await client.getAccessToken({ forceRefresh: true });
  world.provider.settings.subject = "bob";
  await client.signIn();
  await client.signOut();
  await client.signIn();
  world.provider.killSession();
  await world.failure(client.getAccessToken({ forceRefresh: true, interaction: "never" }));
  await new Promise(setImmediate);
  expect(reasons).toEqual(["signed_in", "refreshed", "user_changed", "signed_out", "signed_in", "ended"]);
});

test("MT-12 a listener may call getAccessToken; one that throws or rejects changes nothing", async () => {
  const world = await startWorld();
  const client = world.client({
    logger: {
      info: () => {
        throw new Error("logger");
      },
      debug: (() => Promise.reject(new Error("logger"))) as unknown as () => void,
    },
  });
  const inside: Promise<string>[] = [];
  client.on("session", () => void inside.push(client.getAccessToken()));
  client.on("session", () => {
    throw new Error("listener");
  });
  client.on("session", (() => Promise.reject(new Error("listener"))) as unknown as () => void);
  const token = await client.getAccessToken();
  await expect.poll(() => inside.length).toBe(1);
  expect(await inside[0]).toBe(token);
});

test("MP-10 another client's sign-out is noticed within a second; a late refresh does not bring the session back", async () => {
  const world = await startWorld();
  const [one, two] = [world.client(never), world.client()];
  await two.getAccessToken();
  await one.getAccessToken();
  let signedOut: Promise<unknown> = Promise.resolve();
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    signedOut = two.signOut({ local: true });
    await signedOut;
    return answer;
  });
  expect(await world.failure(one.getAccessToken({ forceRefresh: true }))).toMatchObject({
    code: "login_required",
    reason: "signed_out",
  });
  expect(world.stored()).toEqual({});
});

test("MP-06 invalid_grant while the store holds a newer refresh token: it is adopted, and nobody is signed out", async () => {
  const world = await startWorld();
  await world.signIn();
  const [one, two] = [world.client(never), world.client(never)];
  const old = Object.entries(world.stored())[0] as [string, string];
  const fresh = await two.getAccessToken({ forceRefresh: true });
  const current = readFileSync(recordFile(world), "utf8");
  // What a process without a lock does: it has read the old record, and the newer one is written while it asks.
  writeFileSync(recordFile(world), old[1]);
  world.provider.once("token", () => {
    writeFileSync(recordFile(world), current);
    return { status: 400, json: { error: "invalid_grant" } };
  });
  world.provider.ledger.clear();
  expect(await one.getAccessToken({ forceRefresh: true })).toBe(fresh);
  expect(await one.getAccessToken()).toBe(fresh);
});

test("FS-18 a record of a newer version is told, is not overwritten, and a login works", async () => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, (record) => (record.version = 2));
  const before = world.stored();
  const kinds: string[] = [];
  const client = world.client();
  client.on("storage", ({ error }) => kinds.push(error.kind));
  const token = await client.getAccessToken();
  expect(await client.getAccessToken()).toBe(token);
  expect(world.stored()).toEqual(before);
  expect(kinds).toContain("version");
});

test("FS-18 fields of a newer minor form survive a refresh", async () => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, (record) => (record.later = { kept: true }));
  await world.client(never).getAccessToken({ forceRefresh: true });
  expect(JSON.parse(readFileSync(recordFile(world), "utf8"))).toMatchObject({ later: { kept: true } });
});

test.each<[string, (record: Record<string, unknown>) => void]>([
  ["lacks its id", (record) => delete record.id],
  ["has a token without a time", (record) => (record.accessTokens = { default: { token: "x" } })],
  ["is of another issuer", (record) => (record.issuer = "https://other.example")],
  ["has a number for a refresh token", (record) => (record.refreshToken = 5)],
  ["has a list of tokens", (record) => (record.accessTokens = [])],
])("IX-07 a record that %s is no session and an event, and a login works", async (_title, edit) => {
  const world = await startWorld();
  await world.signIn();
  editRecord(world, edit);
  const kinds: string[] = [];
  const client = world.client();
  client.on("storage", ({ error }) => kinds.push(error.kind));
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({ code: "login_required" });
  expect(kinds).toEqual(["corrupt"]);
  await client.getAccessToken();
});

test("FS-09 a store that refuses a rotated token: the caller gets the new one, an event tells, and the write is tried again", async () => {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const client = world.client({ storage: store });
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  await client.getAccessToken();
  const before = [...records.values()];
  fail.set = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const token = await client.getAccessToken({ forceRefresh: true });
  await new Promise(setImmediate);
  expect(kinds).toEqual(["full"]);
  expect([...records.values()]).toEqual(before);
  expect(await client.getAccessToken()).toBe(token);
  // The rotated refresh token is in memory: the next refresh works, and its result is stored.
  delete fail.set;
  const next = await client.getAccessToken({ forceRefresh: true });
  expect([...records.values()].join()).toContain(next);
});

test("a store that cannot be read is StorageError and retryable, never signed out", async () => {
  const world = await startWorld();
  const { store, fail } = fragileStore();
  await world.client({ storage: store }).getAccessToken();
  fail.get = Object.assign(new Error("broken"), { code: "EIO" });
  const client = world.client({ storage: store, interaction: "never" });
  expect(await world.failure(client.getAccessToken())).toMatchObject({
    code: "storage",
    kind: "unavailable",
    retryable: true,
    sessionKept: true,
  });
  delete fail.get;
  await client.getAccessToken();
});

test("a store that never answers is StorageError within storageTimeoutSeconds", async () => {
  const world = await startWorld();
  const store = { ...fragileStore().store, get: () => new Promise<unknown>(() => {}) };
  const client = world.client({ storage: store, storageTimeoutSeconds: 0.2, interaction: "never" });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "storage", kind: "unavailable" });
});

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
  expect(await out.signOut({ providerSession: true })).toMatchObject({ revocation: "done", providerSession: "ended" });
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

test("FS-08 a directory that others can write to: StorageError permission, and nothing is written", async () => {
  const world = await startWorld();
  await world.signIn();
  rmSync(recordFile(world));
  chmodSync(world.directory, 0o777);
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "storage", kind: "permission" });
  expect(world.stored()).toEqual({});
  chmodSync(world.directory, 0o700);
});

test("the client secret is sent by basic with unreserved characters as they are, and is stored nowhere", async () => {
  const secret = "CANARY-a.b_c~d-e!*'()";
  const world = await startWorld({ clientSecrets: { service: secret } });
  const client = world.client({
    clientId: "service",
    clientSecret: secret,
    flow: "client_credentials",
    extraScopes: ["hub_connector_api"],
  });
  await client.getAccessToken();
  const [request] = world.provider.requests.filter(({ endpoint }) => endpoint === "token");
  const basic = Buffer.from(String(request?.headers.authorization).slice(6), "base64").toString();
  expect(basic).toBe("service:CANARY-a.b_c~d-e%21%2A%27%28%29");
  expect(request?.form.get("scope")).toBe("hub_connector_api");
  expect(Object.values(world.stored()).join()).not.toContain("CANARY-a");
});

test("on invalid_client the other way of authentication is tried once", async () => {
  const world = await startWorld({ clientAuthMethods: ["client_secret_post"] });
  world.provider.metadata.token_endpoint_auth_methods_supported = undefined;
  const clientSecret = world.provider.settings.clientSecrets.service as string;
  await world
    .client({ clientId: "service", clientSecret, flow: "client_credentials", extraScopes: ["hub_connector_api"] })
    .getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(2);
  const strict = world.client({
    clientId: "service",
    clientSecret,
    clientAuthentication: "basic",
    flow: "client_credentials",
    extraScopes: ["other", "hub_connector_api"],
  });
  expect(await world.failure(strict.getAccessToken())).toMatchObject({ code: "provider", error: "invalid_client" });
});

test("with a clock that was set back, a token from the future is not trusted but renewed", async () => {
  const world = await startWorld();
  const before = await world.signIn();
  editRecord(world, (record) => {
    const token = (record.accessTokens as { default: { obtainedAt: number; expiresAt: number } }).default;
    token.obtainedAt += 3_600_000;
    token.expiresAt += 3_600_000;
  });
  expect(await world.client(never).getAccessToken()).not.toBe(before);
});
