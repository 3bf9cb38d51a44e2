/** What providers in use do otherwise than the specifications say, or say in other words: taken where it does no harm. */
import { expect, test } from "vitest";
import type { Answer, Hook } from "../support/fake-provider.js";
import { startWorld, type World } from "./world.js";

const never = { interaction: "never" } as const;

const changing =
  (change: (body: Record<string, unknown>) => void): Hook =>
  async (exchange): Promise<Answer> => {
    const answer = await exchange.next();
    change(answer.json);
    return answer;
  };

test.each<[string, Record<string, unknown>]>([
  ["an empty refresh_token", { refresh_token: "" }],
  ["an empty id_token", { id_token: "" }],
  ["an empty expires_in", { expires_in: "" }],
  ["the members that Keycloak adds", { "not-before-policy": 0, refresh_expires_in: 0, session_state: "s" }],
  ["the members that Entra adds", { ext_expires_in: 3599, client_info: "eyJ1aWQiOiIifQ", foci: "1" }],
])("a refresh whose answer has %s renews the token, and the refresh token stays", async (_title, members) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  const before = await world.signIn();
  world.provider.once(
    "token",
    changing((body) => Object.assign(body, members)),
  );
  const client = world.client(never);
  expect(await client.getAccessToken({ forceRefresh: true })).not.toBe(before);
  world.provider.ledger.clear();
  await client.getAccessToken({ forceRefresh: true });
});

test.each<[string, string]>([
  ["line breaks", "abc\r\nx: y"],
  ["a blank", "abc def"],
  ["letters beyond ASCII", "tokén"],
  ["a control character", "abc\u0000"],
])("an access token with %s fits in no header: ResponseError, and the session is kept", async (_title, token) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn({ audiences: [] });
  const before = world.stored();
  world.provider.once(
    "token",
    changing((body) => Object.assign(body, { access_token: token, id_token: null })),
  );
  const call = world.client({ ...never, audiences: [] }).getAccessToken({ forceRefresh: true });
  expect(await world.failure(call)).toMatchObject({ code: "response", retryable: true, sessionKept: true });
  expect(world.stored()).toEqual(before);
});

test.each([1e13, 1e300])("without expires_in an exp of %s is a date that the next client can read", async (exp) => {
  const world = await startWorld({ editAccessToken: (claims) => ({ ...claims, exp }) });
  world.provider.on(
    "token",
    changing((body) => delete body.expires_in),
  );
  const set = await world.client().getTokenSet();
  expect(set.expiresAt.getTime()).toBeGreaterThan(Date.now());
  expect(await world.client(never).getAccessToken()).toBe(set.accessToken);
});

test.each<[string, Answer]>([
  ["204", { status: 204 }],
  ["201 without a token", { status: 201, json: {} }],
  ["202 with a page", { status: 202, headers: { "content-type": "text/html" }, body: "<p>soon" }],
])("%s is no OAuth error and no answer: ResponseError, and nobody is asked to sign in", async (_title, answer) => {
  const world = await startWorld({ rotateRefreshTokens: false });
  await world.signIn();
  const before = world.stored();
  world.provider.once("token", () => answer);
  const error = await world.failure(world.client().getAccessToken({ forceRefresh: true }));
  expect(error).toMatchObject({ code: "response", retryable: true, sessionKept: true });
  expect(world.opened()).toBe(1);
  expect(world.stored()).toEqual(before);
});

test.each([
  "revocation_endpoint",
  "end_session_endpoint",
  "device_authorization_endpoint",
  "userinfo_endpoint",
  "pushed_authorization_request_endpoint",
])("a provider that leaves its %s empty has none", async (endpoint) => {
  const world = await startWorld();
  world.provider.metadata[endpoint] = "";
  const client = world.client();
  await client.getAccessToken();
  const result = await client.signOut({ providerSession: true });
  expect(result).toMatchObject({
    revocation: endpoint === "revocation_endpoint" ? "unsupported" : "done",
    providerSession: endpoint === "end_session_endpoint" ? "unsupported" : "asked",
  });
});

test.each(["token_endpoint", "jwks_uri", "authorization_endpoint"])(
  "DJ-12 an empty %s is missing: DiscoveryError names it",
  async (endpoint) => {
    const world = await startWorld();
    world.provider.metadata[endpoint] = "";
    const error = await world.failure(world.client().getAccessToken());
    expect(error).toMatchObject({ code: "discovery", message: expect.stringContaining(`has no ${endpoint}`) });
    expect(world.opened()).toBe(0);
  },
);

const device = (world: World, userCode: () => string) => ({
  flow: "device_code" as const,
  onDeviceCode: () => world.provider.approveDevice(userCode()),
});

test.each<[string, (body: Record<string, unknown>) => void]>([
  [
    "verification_url in the place of verification_uri, as from Google",
    (body) => {
      body.verification_url = body.verification_uri;
      delete body.verification_uri;
    },
  ],
  ["an empty verification_uri_complete", (body) => Object.assign(body, { verification_uri_complete: "" })],
  ["expires_in as a text", (body) => Object.assign(body, { expires_in: "600" })],
  ["a message for the person, as from Entra", (body) => Object.assign(body, { message: "To sign in, open" })],
])("a device answer with %s is taken", async (_title, change) => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  let userCode = "";
  world.provider.on(
    "device_authorization",
    changing((body) => {
      userCode = String(body.user_code);
      change(body);
    }),
  );
  await world.client(device(world, () => userCode)).getAccessToken();
});

test("DV-08 a verification_url with a dangerous scheme is refused as well", async () => {
  const world = await startWorld();
  world.provider.on(
    "device_authorization",
    changing((body) => {
      delete body.verification_uri;
      body.verification_url = "javascript:alert(1)";
    }),
  );
  expect(await world.failure(world.client(device(world, () => "")).getAccessToken())).toMatchObject({
    code: "response",
  });
});

test.each([428, 403])("a poll that is told to wait with status %s goes on", async (status) => {
  const world = await startWorld({ deviceIntervalSeconds: 0.1 });
  world.provider.once("token", (exchange) => exchange.error("authorization_pending", undefined, status));
  const onDeviceCode = ({ userCode }: { userCode: string }) => world.provider.approveDevice(userCode);
  await world.client({ flow: "device_code", onDeviceCode }).getAccessToken();
  expect(world.provider.ledger.count("token")).toBe(2);
});

test.each<["always" | "never", string]>([
  ["never", "unsupported"],
  ["always", "done"],
])(
  "a provider that revokes no access token, with refresh tokens %s: the revocation is %s, and no error",
  async (refreshTokens, revocation) => {
    const world = await startWorld({ refreshTokens });
    world.provider.on("revocation", (exchange) =>
      exchange.form.get("token_type_hint") === "access_token" ? exchange.error("unsupported_token_type") : undefined,
    );
    const client = world.client();
    await client.getAccessToken();
    expect(await client.signOut()).toMatchObject({ revocation, errors: [] });
  },
);
