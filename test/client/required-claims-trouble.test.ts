/** What may come between while a session is renewed for a claim that its token lacks. */
import { expect, test, vi } from "vitest";
import type { FakeProvider } from "../support/fake-provider.js";
import { lacks, licensed, never, unlicensed } from "./unlicensed.js";

/** The next token response waits until what this gives is called. */
function hold(provider: FakeProvider): () => void {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  provider.once("token", async (exchange) => {
    await released;
    return await exchange.next();
  });
  return () => release();
}

test("somebody signs out while it is renewed: signed out, and neither a token nor a login", async () => {
  const { world, provider, grant } = await unlicensed();
  const [client, opened] = [world.client(licensed), world.opened()];
  grant();
  const answer = hold(provider);
  const call = world.failure(client.getAccessToken());
  await provider.ledger.waitFor("token");
  const signingOut = client.signOut({ local: true });
  answer();
  await signingOut;
  expect(await call).toMatchObject({ code: "login_required", reason: "signed_out" });
  expect(world.opened()).toBe(opened);
  expect(world.stored()).toEqual({});
});

test("the call is given up, or the client closed, while it is renewed: aborted, and what came is stored", async () => {
  const { world, provider, grant } = await unlicensed();
  const client = world.client(licensed);
  grant();
  const controller = new AbortController();
  const answer = hold(provider);
  const calls = [client.getAccessToken({ signal: controller.signal }), client.getTokenSet()].map((call) =>
    world.failure(call),
  );
  await provider.ledger.waitFor("token");
  controller.abort();
  expect(await calls[0]).toMatchObject({ code: "aborted" });
  const closing = client.close();
  answer();
  await closing;
  expect(await calls[1]).toMatchObject({ code: "aborted" });
  expect(await world.client({ ...licensed, ...never }).getAccessToken()).toBeTypeOf("string");
  expect(provider.ledger.count("token")).toBe(1);
});

test("the provider has ended the session: it is over, and a login is one as ever", async () => {
  const { world, provider, grant } = await unlicensed();
  provider.once("token", (exchange) => exchange.error("invalid_grant"));
  const client = world.client(licensed);
  expect(await world.failure(client.getAccessToken(never))).toMatchObject({
    code: "login_required",
    reason: "refresh_rejected",
    sessionKept: false,
  });
  grant();
  expect(await client.getAccessToken()).toBeTypeOf("string");
});

test.each<[string, Partial<FakeProvider["settings"]>, string]>([
  ["an access token that is opaque", { accessTokenFormat: "opaque" }, "token_validation"],
  [
    "an access token for somebody else",
    { editAccessToken: (claims) => ({ ...claims, aud: "other" }) },
    "token_validation",
  ],
])("an answer with %s is asked for once in 30 s, however many calls there are", async (_title, settings, code) => {
  const { world, provider } = await unlicensed({ rotateRefreshTokens: false });
  Object.assign(provider.settings, settings);
  const client = world.client({ ...licensed, ...never, audiences: ["hub_connector_api"] });
  await expect(client.getAccessToken()).rejects.toMatchObject({ code, sessionKept: true });
  for (let call = 0; call < 20; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(provider.ledger.count("token")).toBe(1);
});

test("a provider that refuses the request for its scope is asked once in 30 s", async () => {
  const { world, provider } = await unlicensed();
  provider.on("token", (exchange) => exchange.error("invalid_scope"));
  const client = world.client({ ...licensed, ...never });
  for (let call = 0; call < 6; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  expect(provider.ledger.count("token")).toBe(1);
});

test("a provider in trouble is told, retryable: nobody knows whether there is a licence by now", async () => {
  const { world, provider, grant } = await unlicensed();
  const [client, opened] = [world.client(licensed), world.opened()];
  provider.once("token", () => ({ status: 503 }));
  expect(await world.failure(client.getAccessToken())).toMatchObject({
    code: "network",
    retryable: true,
    sessionKept: true,
  });
  provider.ledger.clear();
  provider.once("token", () => ({ status: 404, body: "<html>", headers: { "content-type": "text/html" } }));
  expect(await world.failure(client.getAccessToken())).toMatchObject({
    code: "response",
    retryable: true,
    sessionKept: true,
  });
  provider.ledger.clear();
  expect(world.opened()).toBe(opened);
  grant();
  expect(await client.getAccessToken()).toBeTypeOf("string");
});

test.each(["interaction_required", "invalid_scope", "access_denied"])(
  "a provider that refuses to renew (%s) and keeps the session: the claim is missing, no login, one request",
  async (told) => {
    const { world, provider } = await unlicensed();
    const [client, opened] = [world.client(licensed), world.opened()];
    provider.on("token", (exchange) => exchange.error(told));
    for (let call = 0; call < 10; call += 1) expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
    expect(provider.ledger.count("token")).toBe(1);
    expect(world.opened()).toBe(opened);
  },
);

test("a licence that is withdrawn: the next renewal ends the token in memory, here and in another client", async () => {
  const { world, provider, grant } = await unlicensed();
  grant();
  const [client, other] = [world.client(licensed), world.client(licensed)];
  expect(await client.getAccessToken()).toBe(await other.getAccessToken());
  provider.settings.editAccessToken = undefined;
  await world.client(never).getAccessToken({ forceRefresh: true });
  for (const one of [client, other]) {
    // Until it looks at the store again, memory answers.
    await vi.waitFor(
      async () => expect(await one.getAccessToken().catch((error: unknown) => error)).toMatchObject(lacks),
      5000,
    );
    expect(await world.failure(one.getTokenSet({ minValiditySeconds: 0 }))).toMatchObject(lacks);
  }
});

test("a store that hangs does not make a token of it that lacks the claim", async () => {
  const { world, provider } = await unlicensed();
  provider.settings.editAccessToken = undefined;
  const records = new Map<string, unknown>();
  let hangs = false;
  const wait = async () => void (hangs && (await new Promise(() => {})));
  const store = {
    get: async (key: string) => (await wait(), records.get(key)),
    set: async (key: string, value: unknown) => (await wait(), void records.set(key, value)),
    delete: async (key: string) => (await wait(), void records.delete(key)),
  };
  const client = world.client({ ...licensed, storage: store, storageTimeoutSeconds: 0.2, lockTimeoutSeconds: 0.5 });
  expect(await world.failure(client.getAccessToken())).toMatchObject(lacks);
  hangs = true;
  const error = await world.failure(client.getAccessToken());
  expect(["token_validation", "storage", "lock_timeout"]).toContain(error.code);
  hangs = false;
});

test("the token is read once, however often it is given from memory", async () => {
  const { world, grant } = await unlicensed();
  grant();
  const client = world.client(licensed);
  await client.getAccessToken();
  const decode = vi.spyOn(globalThis, "atob");
  for (let call = 0; call < 1000; call += 1) await client.getAccessToken();
  expect(decode).not.toHaveBeenCalled();
  decode.mockRestore();
});
