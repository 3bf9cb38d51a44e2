/** getUserInfo(): OpenID Connect Core 1.0 §5.3. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";
import type { Answer, FakeProvider, Hook } from "../support/fake-provider.js";

const never = { interaction: "never" } as const;
/** A provider whose access tokens are for its own endpoints, and a client that takes them as they are. */
const plain = { audiences: [] };

async function signedIn() {
  const world = await startWorld();
  await world.signIn(plain);
  return { world, provider: world.provider, client: world.client({ ...plain, ...never }) };
}

const json =
  (claims: object): Hook =>
  () => ({ status: 200, json: claims });
const signed =
  (provider: FakeProvider, claims: object, options: object = {}): Hook =>
  async () => ({
    status: 200,
    headers: { "content-type": "application/jwt" },
    body: await provider.signJwt({ iss: provider.issuer, aud: "prizm", sub: "alice", ...claims }, options),
  });

test("TV-24 the token goes in the Authorization header alone, and the claims are given", async () => {
  const { provider, client } = await signedIn();
  expect(await client.getUserInfo()).toEqual({ sub: "alice", name: "alice" });
  const request = provider.requests.find(({ endpoint }) => endpoint === "userinfo");
  expect(request?.method).toBe("GET");
  expect([...(request?.query ?? [])]).toEqual([]);
  expect(request?.headers.authorization).toBe(`Bearer ${await client.getAccessToken()}`);
});

test("aggregated and distributed claims come as they are; null members are left out", async () => {
  const { provider, client } = await signedIn();
  const claims = { sub: "alice", _claim_names: { address: "src1" }, _claim_sources: { src1: { JWT: "x.y.z" } } };
  provider.on("userinfo", json({ ...claims, nickname: null }));
  expect(await client.getUserInfo()).toEqual(claims);
});

test.each<[string, object]>([
  ["TV-23 of another person", { sub: "aliceinvalid" }],
  ["without a sub", { name: "Alice" }],
  ["whose sub is null", { sub: null }],
  ["whose sub is a number", { sub: 1 }],
  ["that is empty", {}],
])("an answer %s is TokenValidationError", async (_title, claims) => {
  const { world, provider, client } = await signedIn();
  provider.on("userinfo", json(claims));
  const error = await world.failure(client.getUserInfo());
  expect(error).toMatchObject({ code: "token_validation", claim: "sub", sessionKept: true });
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "alice" });
});

test("a signed answer is verified and given", async () => {
  const { provider, client } = await signedIn();
  provider.on("userinfo", signed(provider, { name: "Alice" }));
  expect(await client.getUserInfo()).toMatchObject({ sub: "alice", name: "Alice" });
});

test.each<[string, string, object, object]>([
  ["with another signature", "signature", {}, { tamper: "signature" }],
  ["with a changed payload", "signature", {}, { tamper: "payload" }],
  ["without a signature", "alg", {}, { alg: "none" }],
  ["of another issuer", "iss", { iss: "https://evil.example" }, {}],
  ["for another client", "aud", { aud: ["other"] }, {}],
  ["that has expired", "exp", { exp: 1 }, {}],
  ["of another person", "sub", { sub: "bob" }, {}],
])("a signed answer %s is refused", async (_title, claim, claims, options) => {
  const { world, provider, client } = await signedIn();
  provider.on("userinfo", signed(provider, claims, options));
  expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "token_validation", claim });
});

test("an encrypted answer, and a page, are told apart", async () => {
  const { world, provider, client } = await signedIn();
  const headers = { "content-type": "application/jwt" };
  provider.once("userinfo", () => ({ status: 200, headers, body: "a.b.c.d.e" }));
  expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "token_validation", claim: "format" });
  provider.once("userinfo", (exchange) => exchange.html(200, "<html>hotel</html>"));
  expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "response", retryable: true });
  provider.once("userinfo", () => ({ status: 503, json: {} }));
  expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "network", retryable: true });
});

test("a token that is refused is renewed once, and not again for a while", async () => {
  const { world, provider, client } = await signedIn();
  const before = await client.getAccessToken();
  provider.once("userinfo", () => ({ status: 401, body: "" }));
  expect(await client.getUserInfo()).toMatchObject({ sub: "alice" });
  expect(await client.getAccessToken()).not.toBe(before);
  provider.on("userinfo", () => ({ status: 401, body: "" }));
  for (let call = 0; call < 3; call += 1) {
    expect(await world.failure(client.getUserInfo())).toMatchObject({
      code: "provider",
      error: "unknown",
      status: 401,
    });
  }
  expect(provider.ledger.count("token")).toBe(2);
  expect(provider.ledger.count("userinfo")).toBe(6);
});

test("a scope that is missing is the provider's error, by its header", async () => {
  const { world, provider, client } = await signedIn();
  provider.on("userinfo", () => ({
    status: 403,
    headers: { "www-authenticate": 'Bearer realm="x", error="insufficient_scope", error_description="needs openid"' },
    body: "",
  }));
  const error = await world.failure(client.getUserInfo());
  expect(error).toMatchObject({
    code: "provider",
    error: "insufficient_scope",
    errorDescription: "needs openid",
    status: 403,
  });
});

test.each<[string, Answer, { error: string; errorDescription?: string }]>([
  [
    "with an OAuth error in its header",
    {
      status: 401,
      headers: { "www-authenticate": 'Bearer error="invalid_token", error_description="issued for another resource"' },
      body: "",
    },
    { error: "invalid_token", errorDescription: "issued for another resource" },
  ],
  ["with an OAuth error as JSON", { status: 401, json: { error: "invalid_token" } }, { error: "invalid_token" }],
  ["with a page", { status: 401, headers: { "content-type": "text/html" }, body: "<p>no" }, { error: "unknown" }],
])("a token that is refused %s is the provider's error", async (_title, answer, told) => {
  const { world, provider, client } = await signedIn();
  provider.on("userinfo", () => answer);
  const error = await world.failure(client.getUserInfo());
  expect(error).toMatchObject({ code: "provider", status: 401, retryable: false, sessionKept: true, ...told });
  expect(error.message).toMatch(told.error === "unknown" ? /without a code \(status 401\)\./ : /for another API alone/);
  expect(error.message).not.toContain("scope openid");
});

test("a provider without the endpoint, and one with an unsafe address: DiscoveryError at the call, not at the login", async () => {
  for (const value of [undefined, "http://internal.example/userinfo"]) {
    const world = await startWorld();
    world.provider.metadata.userinfo_endpoint = value;
    const client = world.client(plain);
    await client.getAccessToken();
    expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "discovery", retryable: false });
  }
});

test("nobody signed in, a program, a closed client and an abort", async () => {
  const world = await startWorld();
  expect(await world.failure(world.client({ ...plain, ...never }).getUserInfo())).toMatchObject({
    reason: "no_session",
  });
  const program = world.client({ ...plain, flow: "client_credentials", clientId: "service", clientSecret: "secret" });
  world.provider.on("token", () => ({
    status: 200,
    json: { access_token: "x", token_type: "Bearer", expires_in: 60 },
  }));
  expect(await world.failure(program.getUserInfo())).toMatchObject({ code: "configuration", option: "flow" });
  const client = world.client(plain);
  await client.close();
  expect(await world.failure(client.getUserInfo())).toMatchObject({ code: "aborted" });
});

test("an abort ends the request", async () => {
  const { world, provider, client } = await signedIn();
  const controller = new AbortController();
  provider.once("userinfo", (exchange) => {
    controller.abort();
    return exchange.hang();
  });
  expect(await world.failure(client.getUserInfo({ signal: controller.signal }))).toMatchObject({ code: "aborted" });
});
