/** A product's unit test in Jest's default setting: its module is CommonJS, and keystone-auth itself is replaced. */
jest.mock("keystone-auth", () => {
  const { FakeOidcClient, ...others } = require("keystone-auth/testing");
  class OidcClient extends FakeOidcClient {
    constructor() {
      super({ token: "a token", claims: { name: "Alice" } });
    }
  }
  return { ...others, OidcClient };
});
const { LoginRequiredError, OidcClient } = require("keystone-auth");
const { fakeClient, isKeystoneAuthError } = require("keystone-auth/testing");
const { client, OwnClient, tokenOrNobody } = require("./product.cjs");

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

test("errors are of the real classes", async () => {
  const error = new LoginRequiredError("no_session", "Nobody is signed in.");
  const call = fakeClient({ error }).getAccessToken();
  await expect(call).rejects.toBeInstanceOf(LoginRequiredError);
  expect(isKeystoneAuthError(error)).toBe(true);
});
