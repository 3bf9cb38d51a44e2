import { expect, test } from "vitest";
import type { DeviceCodePrompt } from "../../src/node/index.js";
import type { FakeProviderOptions } from "../support/fake-provider.js";
import { startWorld } from "./world.js";

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

/** A provider that takes the secret by POST alone, and does not say so. */
async function silentAboutPost(settings: FakeProviderOptions = {}) {
  const world = await startWorld({
    clientAuthMethods: ["client_secret_post"],
    deviceIntervalSeconds: 0.1,
    ...settings,
  });
  world.provider.metadata.token_endpoint_auth_methods_supported = undefined;
  const clientSecret = world.provider.settings.clientSecrets.service as string;
  return { world, service: { clientId: "service", clientSecret } };
}

test("the other way is tried at the device endpoint too, and the way that was taken there is the first one from then on", async () => {
  const { world, service } = await silentAboutPost();
  const onDeviceCode = ({ userCode }: DeviceCodePrompt) => world.provider.approveDevice(userCode);
  const client = world.client({ ...service, flow: "device_code", onDeviceCode });
  await client.getAccessToken();
  expect(world.provider.ledger.count("device_authorization")).toBe(2);
  expect(world.provider.ledger.count("token")).toBe(1);
  await client.getAccessToken({ forceRefresh: true });
  expect(world.provider.ledger.count("token")).toBe(2);
  expect(await world.client(service).signOut()).toMatchObject({ revocation: "done", errors: [] });
  expect(world.provider.sessionAlive()).toBe(false);
});

test("the other way is tried for a pushed request too, so that the code is sent once", async () => {
  const { world, service } = await silentAboutPost({ requirePushedAuthorizationRequests: true });
  await world.client(service).getAccessToken();
  expect(world.provider.ledger.count("par")).toBe(2);
  expect(world.provider.ledger.count("token")).toBe(1);
});

test.each([5, {}, "none", [null], []])(
  "a list of ways that is %j is as good as none: basic, then post",
  async (methods) => {
    const { world, service } = await silentAboutPost();
    world.provider.metadata.token_endpoint_auth_methods_supported = methods;
    await world.client({ ...service, flow: "client_credentials", extraScopes: ["hub_connector_api"] }).getAccessToken();
  },
);

test.each(["par", "device_authorization", "token", "revocation"] as const)(
  "I1 a secret that the %s endpoint repeats, as it was sent or decoded, is in no message",
  async (endpoint) => {
    const secret = "p+a/s s&w";
    const world = await startWorld({ requirePushedAuthorizationRequests: true, clientSecrets: { service: secret } });
    const service = { clientId: "service", clientSecret: secret, clientAuthentication: "post" } as const;
    const client = world.client({
      ...service,
      ...(endpoint === "device_authorization" && { flow: "device_code", onDeviceCode: () => {} }),
    });
    if (endpoint === "revocation") await client.getAccessToken();
    world.provider.on(endpoint, (exchange) => {
      const told = `sent ${exchange.request.body} meant ${exchange.form.get("client_secret")}`;
      return exchange.error("invalid_request", told.slice(-200));
    });
    const error =
      endpoint === "revocation" ? (await client.signOut()).errors[0] : await world.failure(client.getAccessToken());
    expect(error).toMatchObject({ code: "provider", error: "invalid_request" });
    expect(error?.message).toContain("[redacted]");
    for (const form of [secret, "p%2Ba%2Fs+s%26w", "p%2Ba%2Fs%20s%26w"]) expect(error?.message).not.toContain(form);
  },
);
