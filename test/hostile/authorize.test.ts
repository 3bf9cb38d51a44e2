import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ConfigurationError, type OidcClientOptions } from "../../src/node/index.js";
import { readNodeOptions } from "../../src/node/options.js";
import { createAuthorizationRequest } from "../../src/protocol/authorization.js";
import { AuthorizationServer } from "../../src/protocol/authorization-server.js";
import { systemClock } from "../../src/clock.js";
import type { FakeProviderOptions } from "../support/fake-provider.js";
import { startWorld } from "./world.js";

test("AU-01 state, nonce and verifier of 1,000 requests are new, long and unreserved; the challenge fits", async () => {
  const world = await startWorld();
  const config = readNodeOptions(
    { clientId: "prizm", issuer: world.provider.issuer, allowInsecureLoopback: true },
    {} as NodeJS.ProcessEnv,
  );
  const server = new AuthorizationServer(config, systemClock);
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (let i = 0; i < 1000; i += 1) {
    const { url, transaction } = await createAuthorizationRequest(server, { redirectUri: "http://127.0.0.1:1" });
    const { state, nonce, codeVerifier } = transaction;
    for (const value of [state, nonce, codeVerifier]) seen.add(value);
    const expected = {
      state,
      nonce,
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
      response_type: "code",
    };
    const { searchParams } = new URL(url);
    for (const [name, value] of Object.entries(expected)) if (searchParams.get(name) !== value) wrong.push(name);
  }
  expect(wrong).toEqual([]);
  expect([...seen].filter((value) => !/^[A-Za-z0-9._~-]{43,128}$/.test(value))).toEqual([]);
  expect(seen.size).toBe(3000);
});

test("AU-04 the endpoint's own query is kept, and no name stands twice", async () => {
  const world = await startWorld();
  world.provider.metadata.authorization_endpoint = `${world.provider.url("authorize")}?tenant=x&p=1&scope=evil`;
  let address = new URL("http://x");
  await world
    .client({ openBrowser: async (url) => void (await world.provider.authorize((address = new URL(url)).href)) })
    .getAccessToken();
  expect(address.searchParams.get("tenant")).toBe("x");
  const names = [...address.searchParams.keys()];
  expect(new Set(names).size).toBe(names.length);
  expect(address.searchParams.get("scope")).toContain("openid");
});

test("AU-09 where pushed requests are required, the address holds client_id and request_uri only", async () => {
  const world = await startWorld({ requirePushedAuthorizationRequests: true });
  let names: string[] = [];
  await world
    .client({
      openBrowser: async (url) => {
        names = [...new URL(url).searchParams.keys()];
        await world.provider.authorize(url);
      },
    })
    .getAccessToken();
  expect(names.sort()).toEqual(["client_id", "request_uri"]);
});

test("AU-11 a resource goes to the authorization and to the token request", async () => {
  const world = await startWorld();
  let asked: string | null = null;
  const client = world.client({
    audiences: [],
    authorizationParams: { resource: "https://api.example/v1" },
    openBrowser: async (url) => {
      asked = new URL(url).searchParams.get("resource");
      await world.provider.authorize(url);
    },
  });
  await client.getAccessToken();
  expect(asked).toBe("https://api.example/v1");
  const [exchange] = world.provider.requests.filter(({ endpoint }) => endpoint === "token");
  expect(exchange?.form.getAll("resource")).toEqual(["https://api.example/v1"]);
});

test("AU-15 two logins in the same tick share one", async () => {
  const world = await startWorld();
  const client = world.client();
  await Promise.all([client.signIn(), client.signIn()]);
  expect(world.opened()).toBe(1);
});

test.each<[string, Partial<OidcClientOptions>, FakeProviderOptions]>([
  ["with no option", {}, {}],
  ["with openid among the scopes", { extraScopes: ["openid", "offline_access", "openid"] }, {}],
  ["with parameters of the program", { authorizationParams: { prompt: "login", display: "page", max_age: "9" } }, {}],
  ["where requests are pushed", {}, { requirePushedAuthorizationRequests: true }],
  ["where the metadata offers other types only", { audiences: [] }, { accessTokenFormat: "opaque" }],
])("AU-03 the request asks for a code, and once for openid: %s", async (_title, options, providerOptions) => {
  const world = await startWorld(providerOptions);
  world.provider.metadata.response_types_supported = ["id_token", "token", "code id_token"];
  await world.client(options).getAccessToken();
  const asked = world.provider.requests.filter(({ endpoint }) => endpoint === "authorize" || endpoint === "par");
  const { query, form } = asked[0] as (typeof asked)[number];
  const parameters = new URLSearchParams([...query, ...form]);
  expect(parameters.getAll("response_type")).toEqual(["code"]);
  expect(parameters.has("response_mode")).toBe(false);
  const scopes = (parameters.get("scope") as string).split(" ");
  expect(scopes.filter((scope) => scope === "openid")).toHaveLength(1);
});

test.each([
  "response_type",
  "response_mode",
  "request",
  "request_uri",
  "client_id",
  "scope",
  "dpop_jkt",
  "code_challenge_method",
])("AU-03 authorizationParams cannot replace %s", async (name) => {
  const world = await startWorld();
  expect(() => world.client({ authorizationParams: { [name]: "token" } })).toThrow(ConfigurationError);
});

test.each([
  "Response_Type",
  "RESPONSE_MODE",
  "Client_Id",
  "Redirect_URI",
  "Scope",
  "State",
  "NONCE",
  "Code_Challenge",
  "Code_Challenge_Method",
  "Request",
  "Request_Uri",
  "DPoP_JKT",
])("PV-16 authorizationParams cannot replace %s in another spelling, and nothing is sent", async (name) => {
  const world = await startWorld();
  const authorizationParams = { [name]: "openid admin_api" };
  expect(() => world.client({ authorizationParams })).toThrow(
    expect.objectContaining({
      name: "ConfigurationError",
      option: "authorizationParams",
      message: expect.stringContaining(name),
    }),
  );
  expect(world.provider.requests).toEqual([]);
});

test.each(["relative/api", "/api", "https://api.example/#part", "", "https://api example/"])(
  "AU-11 the resource %j is ConfigurationError",
  async (resource) => {
    const world = await startWorld();
    expect(() => world.client({ authorizationParams: { resource } })).toThrow(ConfigurationError);
  },
);

test("AU-15 two clients that sign in at the same moment have a state and a verifier each", async () => {
  const world = await startWorld();
  const states: (string | null)[] = [];
  const openBrowser = async (url: string) => {
    states.push(new URL(url).searchParams.get("state"));
    await world.provider.authorize(url);
  };
  const one = world.client({ openBrowser });
  // Another store: clients of one store would share the login.
  const two = world.client({ openBrowser, storage: "memory" });
  await Promise.all([one.getAccessToken(), two.getAccessToken()]);
  expect(new Set(states).size).toBe(2);
  const verifiers = world.provider.requests
    .filter(({ endpoint }) => endpoint === "token")
    .map(({ form }) => form.get("code_verifier"));
  expect(new Set(verifiers).size).toBe(2);
});
