import { expect, test } from "vitest";
import { ConfigurationError, OidcClient } from "../../src/node/index.js";
import { selfSignedCertificate } from "../support/test-certificates.js";
import { startWorld } from "./world.js";

test.each([
  "http://keystone.example/identity",
  "http://10.0.0.1/identity",
  "http://127.0.0.1.example/identity",
  "http://localhost.example/identity",
  "http://[::2]/identity",
  "http://0.0.0.0/identity",
  "ftp://127.0.0.1/identity",
])("IV-12 with allowInsecureLoopback %s is refused all the same", (issuer) => {
  const make = () => new OidcClient({ clientId: "prizm", issuer, allowInsecureLoopback: true });
  expect(make).toThrow(ConfigurationError);
});

test.each(["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/identity"])(
  "IV-12 without it %s is refused, with it taken",
  async (issuer) => {
    expect(() => new OidcClient({ clientId: "prizm", issuer })).toThrow(ConfigurationError);
    await new OidcClient({ clientId: "prizm", issuer, allowInsecureLoopback: true, storage: "memory" }).close();
  },
);

test("IV-12 with it the ID Token, the callback and the certificate are checked as ever", async () => {
  const world = await startWorld({ idTokenSigning: { tamper: "signature" } });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "token_validation" });
  world.provider.settings.idTokenSigning = {};
  world.provider.settings.editIdToken = (claims) => ({ ...claims, nonce: "other" });
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ claim: "nonce" });
  const secure = await startWorld({ tls: selfSignedCertificate });
  expect(await secure.failure(secure.client().getAccessToken())).toMatchObject({ code: "network" });
});

test("IV-12 with it an endpoint over http on another host is refused", async () => {
  const world = await startWorld();
  world.provider.metadata.token_endpoint = "http://keystone.example/token";
  expect(await world.failure(world.client().getAccessToken())).toMatchObject({ code: "discovery" });
});
