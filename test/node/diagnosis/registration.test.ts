/** What one authorization request without a login tells of the client and its redirect URI. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { DiagnosisFinding, OidcClientOptions } from "../../../src/node/index.js";
import { startWorld } from "../../hostile/world.js";
import { secretsIn } from "../../support/secrets-in.js";
import type { Hook } from "../../support/fake-provider.js";
import { startRealProvider } from "../../support/real-provider.js";

async function startRegistered(options: Partial<OidcClientOptions> = {}) {
  const world = await startWorld();
  const ask = async (more: Partial<OidcClientOptions> = {}) => {
    const found = await world.client({ ...options, ...more }).diagnose();
    expect(secretsIn(JSON.stringify(found), world.provider.secrets())).toEqual([]);
    return Object.fromEntries(found.map((finding) => [finding.check, finding])) as Record<string, DiagnosisFinding>;
  };
  return { world, provider: world.provider, ask };
}

async function askRealProvider(options: Partial<OidcClientOptions>) {
  const real = await startRealProvider();
  onTestFinished(() => real.close());
  const { world, ask } = await startRegistered({
    issuer: real.issuer,
    clientId: "native",
    extraScopes: [],
    audiences: [],
  });
  world.alsoAsked.push(real.origin);
  const found = await ask(options);
  expect(real.serverErrors).toEqual([]);
  expect(real.requests.filter((request) => !/auth$|openid-configuration$|jwks$/.test(request))).toEqual([]);
  return { found, issuer: real.issuer };
}

test("with a certified provider a registered client is found registered", async () => {
  const { found } = await askRealProvider({});
  expect(found.client).toMatchObject({ outcome: "ok", message: 'The provider knows the client "native".' });
  expect(found.redirect_uri).toMatchObject({
    outcome: "ok",
    message: "The provider takes http://127.0.0.1 (with any port), and a free port can be had.",
  });
});

test("with a certified provider: a wrong client id", async () => {
  const { found, issuer } = await askRealProvider({ clientId: "nativ" });
  expect(found.client).toMatchObject({
    outcome: "warning",
    message: 'The provider does not know the client "nativ" (status 400, "invalid_client").',
    advice: `Compare the option clientId with the registration at ${issuer}. It may be registered at another provider, such as a staging one.`,
  });
  expect(found.redirect_uri?.outcome).toBe("skipped");
});

test("with a certified provider: a redirect URI that is not registered", async () => {
  const { found } = await askRealProvider({ loopback: { path: "/signed-in" } });
  expect(found.client?.outcome).toBe("ok");
  expect(found.redirect_uri).toMatchObject({
    outcome: "warning",
    message:
      'The redirect URI http://127.0.0.1/signed-in (with any port) is not registered for the client "native" (status 400, "invalid_redirect_uri").',
    advice:
      "Register it at the provider to the letter, or give the registered one in the option loopback: { host, ports, path }.",
  });
});

/** Ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

test("of fixed ports the one that a login would take is asked for, and named", async () => {
  const { provider, ask } = await startRegistered();
  const ports = await freePorts(2);
  const loopback = { ports, path: "/back" };
  const uri = `http://127.0.0.1:${ports[0]}/back`;
  expect((await ask({ loopback })).redirect_uri).toMatchObject({
    outcome: "ok",
    message: `The provider takes ${uri}, and port ${ports[0]} can be had. The other ports of loopback.ports were not asked for.`,
  });
  provider.settings.redirectUris = ["http://127.0.0.1/elsewhere"];
  expect((await ask({ loopback })).redirect_uri).toMatchObject({
    outcome: "warning",
    message: expect.stringContaining(`The redirect URI ${uri} is not registered`),
    advice: expect.stringContaining("each other port of loopback.ports"),
  });
});

const page =
  (status: number, body: string): Hook =>
  () => ({ status, headers: { "content-type": "text/html" }, body });
const away =
  (location: string): Hook =>
  () => ({ status: 302, headers: { location }, body: "" });
const back =
  (error: string, description = ""): Hook =>
  ({ request: { query }, headers: { host } }) => {
    const iss = `http://${host}/identity`;
    const given = { error, error_description: description, iss, state: query.get("state") ?? "" };
    const answer = new URLSearchParams(given);
    return { status: 302, headers: { location: `${query.get("redirect_uri")}?${answer}` }, body: "" };
  };

test.each<[string, Hook, string, string, RegExp]>([
  ["Keycloak's page for a redirect URI", page(400, "<p>Invalid parameter: redirect_uri</p>"), "ok", "warning", /./],
  ["Keycloak's page for a client", page(400, "<p>Client not found.</p>"), "warning", "skipped", /does not know/],
  ["Auth0's page", page(403, "<p>Callback URL mismatch.</p>"), "ok", "warning", /./],
  [
    "Entra's page",
    page(200, "AADSTS700016: Application with identifier 'x' was not found"),
    "warning",
    "skipped",
    /AADSTS700016/,
  ],
  ["a refusal without a reason", page(400, "<p>no</p>"), "warning", "skipped", /"prizm".*http:\/\/127\.0\.0\.1/],
  [
    "IdentityServer's redirect to its error page",
    away("/identity/home/error?errorId=abc"),
    "warning",
    "skipped",
    /home\/error/,
  ],
  [
    "a redirect to a sign-in page",
    away("/identity/Account/Login?ReturnUrl=%2Fx"),
    "skipped",
    "skipped",
    /sign-in page/,
  ],
  [
    "a sign-in page in place of an answer",
    page(200, "<form>error redirect_uri</form>"),
    "skipped",
    "skipped",
    /sign-in page/,
  ],
  ["login_required", back("login_required"), "ok", "ok", /knows the client/],
  ["unauthorized_client", back("unauthorized_client", "not for code"), "warning", "ok", /not for code/],
  [
    "an OAuth error as JSON, of the redirect URI",
    (exchange) =>
      exchange.error("invalid_request", "The requested redirect_uri is missing in the client configuration."),
    "ok",
    "warning",
    /./,
  ],
  [
    "an OAuth error as JSON, of the client",
    (exchange) => exchange.error("invalid_request", "Unknown client"),
    "warning",
    "skipped",
    /does not know.*"invalid_request": Unknown client/,
  ],
  [
    "an OAuth error as JSON, of neither",
    (exchange) => exchange.error("invalid_request", "The prompt is not supported"),
    "warning",
    "skipped",
    /status 400, "invalid_request": The prompt is not supported/,
  ],
  ["server_error", back("server_error", "try later"), "warning", "ok", /try later/],
  ["a redirect to nowhere", away("http://["), "skipped", "skipped", /nowhere/],
  ["a 503", page(503, ""), "failed", "skipped", /503/],
])("%s", async (_title, hook, client, redirectUri, message) => {
  const { provider, ask } = await startRegistered();
  provider.on("authorize", hook);
  const found = await ask();
  expect([found.client?.outcome, found.redirect_uri?.outcome]).toEqual([client, redirectUri]);
  expect(found.client?.message).toMatch(message);
});

test("what the provider says of a redirect URI in JSON is repeated", async () => {
  const { provider, ask } = await startRegistered();
  const words = "The requested redirect_uri is missing in the client configuration.";
  provider.on("authorize", (exchange) => exchange.error("invalid_request", words));
  expect((await ask()).redirect_uri?.message).toContain(`(status 400, "invalid_request": ${words})`);
});

test("server_error is the provider's own: no advice to look at the registration", async () => {
  const { provider, ask } = await startRegistered();
  provider.on("authorize", back("server_error"));
  const { client } = await ask();
  expect(client?.message).toContain("Try again later");
  expect(client?.advice).toBeUndefined();
});

test.each([
  [
    "a wrong iss",
    { iss: "https://other.example" },
    /its "iss" is "https:\/\/other\.example", and must be [^.]*[^;]*\(RFC 9207 §2\.4\)\.$/,
  ],
  ["a wrong state", { state: "x" }, /its "state" is not the one sent/],
  ["an access token", { access_token: "x" }, /holds "access_token"/],
])("an answer with %s fails, since each sign-in does", async (_title, change, says) => {
  const { provider, ask } = await startRegistered();
  provider.on("authorize", ({ request: { query } }) => {
    const { issuer: iss } = provider;
    const given = { error: "login_required", iss, state: query.get("state") ?? "", ...change };
    const answer = new URLSearchParams(given as Record<string, string>);
    return { status: 302, headers: { location: `${query.get("redirect_uri")}?${answer}` }, body: "" };
  });
  expect((await ask()).client).toMatchObject({
    outcome: "failed",
    message: expect.stringMatching(says),
    advice: "Tell the provider's operator: each sign-in is refused for it.",
  });
});

test("an answer without the iss that the metadata announce: a warning, since a success may have it", async () => {
  const { provider, ask } = await startRegistered();
  provider.on("authorize", ({ request: { query } }) => {
    const answer = new URLSearchParams({ error: "login_required", state: query.get("state") ?? "" });
    return { status: 302, headers: { location: `${query.get("redirect_uri")}?${answer}` }, body: "" };
  });
  expect((await ask()).client).toMatchObject({
    outcome: "warning",
    message: expect.stringMatching(/its "iss" is missing, and must be/),
  });
  provider.metadata.authorization_response_iss_parameter_supported = undefined;
  expect((await ask()).client?.outcome).toBe("ok");
});

test("scopes that the provider refuses are told at the scopes", async () => {
  const { provider, ask } = await startRegistered();
  provider.on("authorize", back("invalid_scope", "hub_connector_api is not allowed"));
  const found = await ask();
  expect(found.client?.outcome).toBe("ok");
  expect(found.scopes).toMatchObject({
    outcome: "warning",
    message:
      'The provider refuses the scopes openid offline_access hub_connector_api ("invalid_scope": hub_connector_api is not allowed).',
  });
});

test("where requests must be pushed, the push tells", async () => {
  const { provider, ask } = await startRegistered();
  provider.settings.requirePushedAuthorizationRequests = true;
  expect((await ask()).redirect_uri?.outcome).toBe("ok");
  provider.on("par", (exchange) => exchange.error("invalid_client", "", 401));
  expect((await ask()).client).toMatchObject({
    outcome: "warning",
    message: expect.stringContaining('"invalid_client"'),
  });
  provider.on("par", (exchange) => exchange.error("invalid_redirect_uri"));
  const found = await ask();
  expect([found.client?.outcome, found.redirect_uri?.outcome]).toEqual(["ok", "warning"]);
});

test("a redirect is not followed, whoever made the fetch", async () => {
  const { world, provider, ask } = await startRegistered();
  let isAsked = false;
  const elsewhere = createServer((_request, response) => {
    isAsked = true;
    response.end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => elsewhere.once("listening", resolve));
  onTestFinished(() => void elsewhere.close());
  const { port } = elsewhere.address() as AddressInfo;
  provider.on("authorize", away(`http://127.0.0.1:${port}/login`));
  await ask();
  expect(isAsked).toBe(false);
  expect(world.opened()).toBe(0);
});
