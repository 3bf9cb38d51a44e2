/** A product's unit test in Jest's default setting: its module is CommonJS, and keystone-auth itself is replaced. */
jest.mock("keystone-auth", () => {
  const { fakeClient, ...errors } = require("keystone-auth/testing");
  return { ...errors, OidcClient: jest.fn(() => fakeClient({ token: "a token", claims: { name: "Alice" } })) };
});
const { LoginRequiredError, OidcClient } = require("keystone-auth");
const { fakeClient, isKeystoneAuthError } = require("keystone-auth/testing");

test("a fake client gives what the test has given", async () => {
  const client = new OidcClient({ clientId: "spa", issuer: "https://id.example" });
  expect(await client.getAccessToken()).toBe("a token");
  expect(client.session).toMatchObject({ status: "signed_in", claims: { name: "Alice" } });
});

test("errors are of the real classes", async () => {
  const error = new LoginRequiredError("no_session", "Nobody is signed in.");
  const call = fakeClient({ error }).getAccessToken();
  await expect(call).rejects.toBeInstanceOf(LoginRequiredError);
  expect(isKeystoneAuthError(error)).toBe(true);
});
