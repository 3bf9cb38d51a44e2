import { expect, test } from "vitest";
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
