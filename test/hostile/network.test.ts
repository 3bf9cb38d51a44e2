import { expect, onTestFinished, test } from "vitest";
import { type Hook, startFakeProvider } from "../support/fake-provider.js";
import { expiredCertificate, selfSignedCertificate, wrongHostCertificate } from "../support/test-certificates.js";
import { startWorld } from "./world.js";

const expired = { accessTokenLifetimeSeconds: 20 } as const;

test("NF-01 the provider is down and the token is valid: it is given, without a request", async () => {
  const world = await startWorld();
  const token = await world.signIn();
  await world.provider.down();
  expect(await world.client().getAccessToken()).toBe(token);
});

test("NF-01 a token that is short of minValiditySeconds is given while the provider is down", async () => {
  const world = await startWorld(expired);
  const token = await world.signIn({ minValiditySeconds: 0 });
  await world.provider.down();
  expect(await world.client({ interaction: "never" }).getAccessToken()).toBe(token);
});

test("NF-02 the provider is down and a renewal is forced: NetworkError, and the store is as it was", async () => {
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  await world.provider.down();
  const error = await world.failure(world.client().getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "network", retryable: true, sessionKept: true, causeCode: expect.any(String) });
  expect(world.stored()).toEqual(before);
  expect(world.opened()).toBe(1);
});

const html = "<html><body>Please sign in to the hotel network</body></html>";
const faults: [string, Hook, object][] = [
  ["NF-03 500 JSON", () => ({ status: 500, json: { error: "server_error" } }), { code: "network", status: 500 }],
  ["NF-03 502 HTML", (exchange) => exchange.html(502, html), { code: "network", status: 502 }],
  [
    "NF-03 503 with Retry-After",
    () => ({ status: 503, headers: { "retry-after": "7" }, json: {} }),
    { code: "network", retryAfterSeconds: 7 },
  ],
  ["NF-03 504", () => ({ status: 504, body: "" }), { code: "network" }],
  ["429", () => ({ status: 429, json: { error: "invalid_grant" } }), { code: "network", status: 429 }],
  ["NF-06 200 HTML", (exchange) => exchange.html(200, html), { code: "response" }],
  ["NF-06 407", (exchange) => exchange.html(407, html), { code: "response" }],
  ["NF-06 400 HTML", (exchange) => exchange.html(400, html), { code: "response" }],
  [
    "NF-09 307 to another host",
    (exchange) => exchange.redirect("https://evil.example/token", 307),
    { code: "response" },
  ],
  [
    "NF-09 302 to another host",
    (exchange) => exchange.redirect("https://evil.example/token", 302),
    { code: "response" },
  ],
  [
    "NF-16 no content type",
    async (exchange) => ({ ...(await exchange.next()), headers: { "content-type": null } }),
    { code: "response" },
  ],
  [
    "NF-16 text/json",
    async (exchange) => ({ ...(await exchange.next()), headers: { "content-type": "text/json" } }),
    { code: "response" },
  ],
  ["a body that ends early", (exchange) => exchange.endEarly('{"access_token":"x"'), { code: "network" }],
  ["a reset connection", (exchange) => exchange.reset(), { code: "network" }],
  ["two megabytes", (exchange) => exchange.huge(2 * 1024 * 1024), { code: "response" }],
  ["JSON that is a list", () => ({ status: 200, json: [] }), { code: "response" }],
  [
    "400 invalid_request",
    () => ({ status: 400, json: { error: "invalid_request" } }),
    { code: "provider", error: "invalid_request" },
  ],
  ["400 with nothing", () => ({ status: 400, body: "" }), { code: "provider", error: "unknown" }],
  ["400 with foreign JSON", () => ({ status: 400, json: { message: "no" } }), { code: "provider", error: "unknown" }],
  [
    "401 invalid_client",
    () => ({ status: 401, headers: { "www-authenticate": "Basic" }, json: { error: "invalid_client" } }),
    { code: "provider", error: "invalid_client" },
  ],
];

test.each(faults)("%s for a refresh keeps the session byte for byte", async (_title, hook, expected) => {
  // Without rotation, so that an answer that was spoilt on the way has not used up the token.
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  const before = world.stored();
  world.provider.once("token", hook);
  const client = world.client({ interaction: "never" });
  const error = await world.failure(client.getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ ...expected, sessionKept: true });
  expect(world.stored()).toEqual(before);
  world.provider.ledger.clear();
  await client.getAccessToken({ forceRefresh: true });
});

test("NF-16 application/json with a charset is taken", async () => {
  const world = await startWorld();
  world.provider.on("token", async (exchange) => ({
    ...(await exchange.next()),
    headers: { "content-type": "application/json; charset=utf-8" },
  }));
  await world.client().getAccessToken();
});

test.each<[string, Hook]>([
  ["NF-07 a body that stalls", (exchange) => exchange.stallAfterHeaders('{"a')],
  ["no answer at all", (exchange) => exchange.hang()],
  ["a body that trickles", (exchange) => exchange.trickle("x".repeat(4000), 1, 50)],
])("%s ends at requestTimeoutSeconds, and the lock is free again", async (_title, hook) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  world.provider.once("token", hook);
  const client = world.client({ interaction: "never", requestTimeoutSeconds: 0.4 });
  expect(await world.failure(client.getAccessToken({ forceRefresh: true }))).toMatchObject({
    code: "timeout",
    retryable: true,
    sessionKept: true,
  });
  world.provider.ledger.clear();
  await world.client({ interaction: "never" }).getAccessToken({ forceRefresh: true });
});

test.each([
  ["self-signed", selfSignedCertificate],
  ["for another host", wrongHostCertificate],
  ["expired", expiredCertificate],
])("NF-11 a certificate that is %s is NetworkError with the cause's code", async (_title, tls) => {
  const world = await startWorld({ tls });
  const error = await world.failure(world.client().getAccessToken());
  expect(error).toMatchObject({ code: "network", retryable: true });
  expect(error.causeCode).toMatch(/CERT|ALTNAME|SELF/);
  expect(error.message).not.toContain("network is back");
  expect(error.message).toMatch(/certificate/);
});

test("NF-11 a bad certificate of the token endpoint alone: NetworkError, nothing is sent, and the session is kept", async () => {
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  const other = await startFakeProvider({ tls: selfSignedCertificate });
  onTestFinished(() => other.close());
  world.alsoAsked.push(other.origin);
  world.provider.metadata.token_endpoint = other.url("token");
  const error = await world.failure(world.client({ interaction: "never" }).getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "network", causeCode: expect.stringMatching(/CERT|SELF/), sessionKept: true });
  expect(other.requests).toEqual([]);
  expect(world.stored()).toEqual(before);
});

test("NF-14 1,000 callers and a refresh that fails: one POST, one class of error, and the next call tries again", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.once("token", () => ({ status: 503, json: {} }));
  const client = world.client({ interaction: "never" });
  const results = await Promise.allSettled(
    Array.from({ length: 1000 }, () => client.getAccessToken({ forceRefresh: true })),
  );
  for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: { code: "network" } });
  expect(world.provider.ledger.count("token")).toBe(1);
  world.provider.ledger.clear();
  await client.getAccessToken({ forceRefresh: true });
});

test("a refresh refused otherwise leads to a login where that is allowed, and its success replaces the session", async () => {
  const world = await startWorld();
  const before = await world.signIn();
  world.provider.once("token", () => ({ status: 400, json: { error: "invalid_request" } }));
  const token = await world.client().getAccessToken({ forceRefresh: true });
  expect(token).not.toBe(before);
  expect(world.opened()).toBe(2);
  expect(await world.client({ interaction: "never" }).getAccessToken()).toBe(token);
});

test.each(["invalid_client", "unauthorized_client"])(
  "%s for a refresh is ProviderError at once, without a login",
  async (code) => {
    const world = await startWorld();
    await world.signIn();
    world.provider.once("token", () => ({ status: 400, json: { error: code } }));
    expect(await world.failure(world.client().getAccessToken({ forceRefresh: true }))).toMatchObject({
      code: "provider",
      error: code,
    });
    expect(world.opened()).toBe(1);
  },
);

test("LG-03 LG-04 an error_description that echoes the refresh token is redacted, one line, at most 500 characters", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.once("token", (exchange) => ({
    status: 400,
    json: {
      error: "invalid_request",
      error_description: `bad\r\n\u001b[31m\u202e token ${exchange.form.get("refresh_token")} ${"long ".repeat(2000)}`,
    },
  }));
  const error = await world.failure(world.client({ interaction: "never" }).getAccessToken({ forceRefresh: true }));
  const description = String(error.errorDescription);
  expect(description.length).toBeLessThanOrEqual(500);
  expect(description).toContain("[redacted]");
  expect(description).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("CB-18 invalid_grant for a code is ProviderError, not retried, and an older session is kept", async () => {
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  world.provider.once("token", () => ({ status: 400, json: { error: "invalid_grant" } }));
  expect(await world.failure(world.client().signIn())).toMatchObject({ code: "provider", error: "invalid_grant" });
  expect(world.stored()).toEqual(before);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("CB-19 a connection that is reset during the exchange is NetworkError, and the code is sent once", async () => {
  const world = await startWorld();
  world.provider.once("token", (exchange) => exchange.reset());
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "network" });
  expect(world.provider.ledger.count("token")).toBe(1);
});

test("NF-13 a start without a network, with a valid session stored: the token, and no request at all", async () => {
  const world = await startWorld();
  const token = await world.signIn();
  await world.provider.down();
  const asked: unknown[] = [];
  const client = world.client({
    fetch: (input) => {
      asked.push(input);
      return Promise.reject(new TypeError("fetch failed"));
    },
  });
  await client.ready;
  expect(await client.getAccessToken()).toBe(token);
  expect(await client.getTokenSet()).toMatchObject({ accessToken: token });
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "alice" });
  expect(asked).toEqual([]);
});
