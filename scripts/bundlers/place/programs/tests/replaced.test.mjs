/** A product's unit test in Vitest: keystone-auth itself is replaced. */
import { expect, test, vi } from "vitest";
import { OidcClient } from "keystone-auth";
import { client, OwnClient, tokenOrNobody } from "./product.mjs";

vi.mock("keystone-auth", async () => {
  const { FakeOidcClient, ...others } = await import("keystone-auth/testing");
  class OidcClient extends FakeOidcClient {
    constructor() {
      super({ token: "a token", claims: { name: "Alice" } });
    }
  }
  return { ...others, OidcClient };
});

test("the product's client gives what the test has given", async () => {
  expect(client.session).toMatchObject({ status: "signed_in", claims: { name: "Alice" } });
  expect(await tokenOrNobody()).toBe("a token");
  expect(await client.getAccessToken({ rejectedToken: "a token" })).toBe("a token-2");
  await client.signOut();
  expect(await tokenOrNobody()).toBe("nobody");
});

test("the class is one: instances, subclasses, addresses", async () => {
  expect(client).toBeInstanceOf(OidcClient);
  expect(await new OwnClient({}).bearer()).toBe("Bearer a token");
  expect(OidcClient.KEYSTONE_STG_URL).toMatch(/^https:/);
});
