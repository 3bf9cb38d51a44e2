/** Options at their limits, of another kind than they should be, and changed after the client was made. */
import { expect, test } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { startWorld } from "../hostile/world.js";

const base = { clientId: "prizm", issuer: "https://id.example" };
const make = (options: object) => () => new OidcClient({ ...base, ...options } as OidcClientOptions);
const store = { get: async () => {}, set: async () => {}, delete: async () => {} };

test.each(
  (
    "response_type response_mode client_id redirect_uri scope state nonce code_challenge code_challenge_method request " +
    "request_uri dpop_jkt"
  ).split(" "),
)("IV-02 authorizationParams refuses %s", (name) => {
  expect(make({ authorizationParams: { [name]: "x" } })).toThrow(
    expect.objectContaining({ code: "configuration", option: "authorizationParams" }),
  );
});

test.each([
  ["a list", ["prompt=login"]],
  ["URLSearchParams", new URLSearchParams("prompt=login")],
  ["a Map", new Map([["prompt", "login"]])],
  ["a text", "prompt=login"],
  ["a number in it", { max_age: 60 }],
])("authorizationParams as %s is refused, where nothing or something else would be sent", (_title, value) => {
  expect(make({ authorizationParams: value })).toThrow(expect.objectContaining({ option: "authorizationParams" }));
});

test.each([5, null, {}, { run: "x" }])("a store whose lock is %j is refused", (lock) => {
  expect(make({ storage: { ...store, lock } })).toThrow(expect.objectContaining({ option: "storage" }));
});

const durations = [
  "loginTimeoutSeconds",
  "requestTimeoutSeconds",
  "lockTimeoutSeconds",
  "storageTimeoutSeconds",
] as const;

test.each(durations)("IV-06 %s has limits that a timer can keep", (option) => {
  for (const good of [0.001, 2_147_483]) expect(make({ [option]: good })).not.toThrow();
  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2_147_484, 2 ** 40, "30", 30n, [30]]) {
    expect(make({ [option]: bad })).toThrow(expect.objectContaining({ code: "configuration", option }));
  }
});

test.each(["minValiditySeconds", "clockToleranceSeconds"])("IV-06 %s may be 0, and has the same limit", (option) => {
  for (const good of [0, 2_147_483]) expect(make({ [option]: good })).not.toThrow();
  for (const bad of [-1, Number.NaN, 2_147_484, "0"]) expect(make({ [option]: bad })).toThrow();
});

test("options that are changed after the client was made change nothing", async () => {
  const world = await startWorld();
  const options = {
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    authorizationParams: { login_hint: "alice" },
    loopback: { ports: [0] },
  };
  const client = world.client(options);
  options.extraScopes.push("evil");
  options.audiences.push("evil");
  options.authorizationParams.login_hint = "mallory";
  options.loopback.ports[0] = 1;
  await client.getAccessToken();
  const [request] = world.provider.requests.filter(({ endpoint }) => endpoint === "authorize");
  expect(request?.query.get("scope")).toBe("openid offline_access hub_connector_api");
  expect(request?.query.get("login_hint")).toBe("alice");
});

test.each([
  "https://id.example:443",
  "https://ID.example",
  "HTTPS://id.example/path",
  "https://id.example:443/",
  "https://ID.example:443/path",
])("DJ-01 an issuer that is spelt %s is the one whose metadata spells it so", async (issuer) => {
  const document = {
    issuer,
    authorization_endpoint: "https://id.example/authorize",
    token_endpoint: "https://id.example/token",
    jwks_uri: "https://id.example/jwks",
  };
  let opened = "";
  const client = make({
    issuer,
    storage: "memory",
    fetch: async () => new Response(JSON.stringify(document), { headers: { "content-type": "application/json" } }),
    openBrowser: (url: string) => {
      opened = url;
      void client.close();
    },
  })();
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: "aborted" });
  expect(opened).toContain("https://id.example/authorize?");
});

test.each([
  ["minValiditySeconds", Number.NaN],
  ["minValiditySeconds", "5"],
  ["forceRefresh", 1],
  ["rejectedToken", 5],
  ["interaction", "maybe"],
  ["signal", {}],
  ["signal", null],
])("the option %s of a call that is %j is ConfigurationError, and the stored token stays", async (option, value) => {
  const world = await startWorld();
  const token = await world.signIn();
  const client = world.client({ interaction: "never" });
  const call = client.getAccessToken({ [option]: value } as object);
  expect(await world.failure(call)).toMatchObject({ code: "configuration", option, sessionKept: true });
  expect(await client.getAccessToken()).toBe(token);
});
