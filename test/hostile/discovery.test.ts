import { expect, test } from "vitest";
import type { OidcClient } from "../../src/node/index.js";
import { startWorld } from "./world.js";

const html = "<html>Welcome to the hotel network</html>";

test("DJ-01 metadata of another issuer is DiscoveryError, and nothing is opened", async () => {
  const world = await startWorld();
  world.provider.metadata.issuer = `${world.provider.issuer}INVALID`;
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "discovery" });
  expect(world.opened()).toBe(0);
});

test("DJ-02 the slash at the issuer's end is significant", async () => {
  const world = await startWorld({ issuerPath: "/identity/" });
  await world.client().getAccessToken();
  const error = await world.failure(world.client({ issuer: world.provider.issuer.slice(0, -1) }).getAccessToken());
  expect(error).toMatchObject({ code: "discovery" });
});

test("DJ-02 an issuer without a path works, spelt with or without its slash", async () => {
  const world = await startWorld({ issuerPath: "" });
  await world.client().getAccessToken();
  await world.client({ issuer: `${world.provider.issuer}/`, interaction: "never" }).getAccessToken();
});

test("DJ-04 keys rotated after the first login: the second is accepted with one more request for keys", async () => {
  const world = await startWorld();
  const client = world.client();
  await client.signIn();
  await world.provider.rotateKeys({ keep: 0 });
  await client.signIn();
  expect(world.provider.ledger.count("jwks")).toBe(2);
});

test("DJ-09 discovery that fails once is asked again by the next call", async () => {
  const world = await startWorld();
  world.provider.once("discovery", (exchange) => exchange.reset());
  const client = world.client();
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "network" });
  await client.getAccessToken();
});

test.each(["discovery", "jwks"] as const)(
  "DJ-10 HTML for %s is ResponseError, is not kept, and keeps the session",
  async (endpoint) => {
    const world = await startWorld();
    await world.signIn();
    const before = world.stored();
    world.provider.once(endpoint, (exchange) => exchange.html(200, html));
    const client = world.client({ interaction: "never" });
    expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject({
      code: "response",
      retryable: true,
    });
    expect(world.stored()).toEqual(before);
    expect(world.provider.ledger.count("token")).toBe(0);
    await client.getAccessToken({ forceRefresh: true });
  },
);

test.each(["token_endpoint", "jwks_uri", "authorization_endpoint"])(
  "DJ-12 metadata without %s is DiscoveryError that names it",
  async (field) => {
    const world = await startWorld();
    world.provider.metadata[field] = undefined;
    const error = await world.failure(world.client().getAccessToken());
    expect(error).toMatchObject({ code: "discovery" });
    expect(error.message).toContain(field);
    expect(world.opened()).toBe(0);
  },
);

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "file:///etc/passwd",
  "ms-msdt:x",
  "smb://host/x",
  "http://example.com/authorize",
  "https://user:pw@example.com/",
])("AU-06 an authorization endpoint %s is DiscoveryError, and nothing is opened", async (url) => {
  const world = await startWorld();
  world.provider.metadata.authorization_endpoint = url;
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "discovery" });
  expect(world.opened()).toBe(0);
});

test.each(["token_endpoint", "jwks_uri"])(
  "AU-06 a %s over plain http to another host is DiscoveryError, and nothing is opened",
  async (field) => {
    const world = await startWorld();
    world.provider.metadata[field] = "http://example.com/x";
    expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "discovery" });
    expect(world.opened()).toBe(0);
  },
);

test.each([
  "revocation_endpoint",
  "end_session_endpoint",
  "device_authorization_endpoint",
  "pushed_authorization_request_endpoint",
  "userinfo_endpoint",
])("PV-12 AU-06 a %s over plain http to another host hinders no login, and its use is refused", async (field) => {
  const world = await startWorld();
  world.provider.metadata[field] = "http://example.com/x";
  const client = world.client();
  await client.getAccessToken();
  const device = world.client({ flow: "device_code", onDeviceCode: () => {}, storage: "memory" });
  if (field === "device_authorization_endpoint")
    expect(await world.failure(device.getAccessToken())).toMatchObject({ code: "discovery" });
  const { revocation, providerSession } = await client.signOut({ providerSession: true });
  expect({ revocation, providerSession }).toEqual({
    revocation: field === "revocation_endpoint" ? "failed" : "done",
    providerSession: field === "end_session_endpoint" ? "failed" : "asked",
  });
});

test("DJ-15 100 calls at once ask for metadata and keys once", async () => {
  const world = await startWorld();
  const client = world.client();
  await Promise.all(Array.from({ length: 100 }, () => client.getAccessToken()));
  expect(world.opened()).toBe(1);
  expect(world.provider.ledger.count("discovery")).toBe(1);
  expect(world.provider.ledger.count("jwks")).toBe(1);
});

test("DJ-17 keys as application/jwk-set+json are taken", async () => {
  const world = await startWorld();
  world.provider.on("jwks", async (exchange) => ({
    ...(await exchange.next()),
    headers: { "content-type": "application/jwk-set+json" },
  }));
  await world.client().getAccessToken();
});

test.each([
  ["discovery", 503, { code: "network" }],
  ["jwks", 503, { code: "network" }],
  ["discovery", 404, { code: "discovery" }],
] as const)("%s answered %i", async (endpoint, status, expected) => {
  const world = await startWorld();
  world.provider.once(endpoint, () => ({ status, json: {} }));
  expect(await world.failure(world.client().getAccessToken())).toMatchObject(expected);
});

test.each([
  ["discovery", []],
  ["discovery", null],
  ["discovery", "text"],
  ["jwks", {}],
  ["jwks", { keys: "none" }],
] as const)("%s that is the JSON %j is DiscoveryError", async (endpoint, json) => {
  const world = await startWorld();
  world.provider.once(endpoint, () => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  }));
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "discovery" });
});

test("junk among the keys is passed over", async () => {
  const world = await startWorld();
  world.provider.jwks.keys.unshift(
    null as never,
    5 as never,
    { kty: "RSA" } as never,
    { kty: "RSA", n: "!", e: "AQAB" } as never,
  );
  await world.client().getAccessToken();
});

test("DJ-03 the keys are taken from where the metadata says, also when that changes", async () => {
  const world = await startWorld();
  const asked = () => world.provider.requests.filter(({ endpoint }) => endpoint === "jwks").map(({ url }) => url);
  world.provider.metadata.jwks_uri = `${world.provider.url("jwks")}?set=1`;
  await world.client().signIn();
  world.provider.metadata.jwks_uri = `${world.provider.url("jwks")}?set=2`;
  await world.client().signIn();
  expect(asked().map((url) => url.slice(-6))).toEqual(["?set=1", "?set=2"]);
  expect(world.provider.ledger.count("unknown")).toBe(0);
});

test.each([
  ["login", (client: OidcClient) => client.signIn()],
  ["refresh", (client: OidcClient) => client.getAccessToken({ forceRefresh: true })],
])("DJ-05 keys rotated right before the token of a %s is signed: accepted", async (_title, call) => {
  const world = await startWorld();
  const client = world.client();
  await client.getAccessToken();
  world.provider.once("token", async (exchange) => {
    await world.provider.rotateKeys({ keep: 0 });
    return await exchange.next();
  });
  await call(client);
  expect(world.provider.ledger.count("jwks")).toBe(2);
});

test.each(["use", "alg", "kid"])("a key whose %s is null has none", async (member) => {
  const world = await startWorld();
  for (const key of world.provider.jwks.keys) key[member] = null;
  await world.client().getAccessToken();
});
