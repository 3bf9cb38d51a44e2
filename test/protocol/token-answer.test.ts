/** Answers of the token endpoint to a code, and of a client with a secret. */
import { expect, test } from "vitest";
import { ConfidentialClient } from "../../src/protocol/confidential-client.js";
import { startDeviceFlow } from "../../src/protocol/device.js";
import { changeNextAnswer, connect } from "./connection.js";

test.each([200, 201, 202, 203])(
  "PV-11 an answer to a code with status %i and the right members is taken",
  async (status) => {
    const { provider, login } = await connect();
    changeNextAnswer(provider, {}, status);
    expect((await login()).accessToken.token).toMatch(/^ey/);
  },
);

test.each([200, 201, 202])("PV-11 a pushed authorization request answered %i is taken", async (status) => {
  const { provider, login } = await connect({ requirePushedAuthorizationRequests: true });
  provider.once("par", async (exchange) => ({ ...(await exchange.next()), status }));
  await login();
});

test.each([201, 202])("PV-11 a device authorization request answered %i is taken", async (status) => {
  const { provider, server } = await connect();
  provider.once("device_authorization", async (exchange) => ({ ...(await exchange.next()), status }));
  const { prompt } = await startDeviceFlow(server, new AbortController().signal);
  expect(prompt.userCode).toMatch(/./);
});

test.each([
  ["invalid_grant", { code: "provider", error: "invalid_grant" }],
  ["server_error", { code: "network", retryable: true }],
])("PV-08 an answer to a code with status 200 and the error %s is that OAuth error", async (error, expected) => {
  const { provider, login } = await connect();
  provider.once("token", () => ({ status: 200, json: { error, error_description: "no" } }));
  await expect(login()).rejects.toMatchObject(expected);
});

test("DX-13 a login without an ID Token is not retryable", async () => {
  const { provider, login } = await connect();
  changeNextAnswer(provider, { id_token: undefined });
  await expect(login()).rejects.toMatchObject({
    code: "response",
    retryable: false,
    message: expect.stringContaining("id_token"),
  });
});

test("PV-10 members of an answer that are null are absent", async () => {
  const { provider, login } = await connect();
  changeNextAnswer(provider, { error: null, expires_in: null, scope: null, refresh_token: null });
  const { accessToken, refreshToken } = await login();
  expect({ scopes: accessToken.scopes, refreshToken }).toEqual({ scopes: ["openid"], refreshToken: undefined });
});

const service = async (options: object = {}) => {
  const secret = "CANARY-secret-of-a-service";
  const connection = await connect(
    { clientSecrets: { service: secret }, ...options },
    { clientId: "service", clientSecret: secret, flow: "client_credentials", extraScopes: ["hub_connector_api"] },
  );
  return { ...connection, client: new ConfidentialClient(connection.server.config) };
};

test.each([201, 202])("PV-11 client credentials answered %i are taken", async (status) => {
  const { provider, server, client } = await service();
  changeNextAnswer(provider, {}, status);
  expect((await client.clientCredentials(server)).accessToken.scopes).toEqual(["hub_connector_api"]);
});

test("client credentials need no keys without audiences: an access token is opaque", async () => {
  const { provider, server, client } = await service();
  await client.clientCredentials(server);
  expect(provider.ledger.count("jwks")).toBe(0);
});

test("PV-08 invalid_client with status 200 leads to the other way of authentication, which is remembered", async () => {
  const { provider, server, client } = await service({ clientAuthMethods: ["client_secret_post"] });
  provider.metadata.token_endpoint_auth_methods_supported = ["client_secret_basic", "client_secret_post"];
  provider.on("token", async (exchange) => ({ ...(await exchange.next()), status: 200 }));
  await client.clientCredentials(server);
  expect(provider.ledger.count("token")).toBe(2);
});
