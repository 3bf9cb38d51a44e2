/** Texts of the provider in our errors: one sentence, bounded, without secrets, and of use to whoever supports it. */
import { describe, expect, test } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import { providerError } from "../../src/protocol/protocol-errors.js";
import { connect } from "./connection.js";

const config = readNodeOptions(
  {
    clientId: "b1f7a2c3-0d4e-4f5a-8b6c-7d8e9f0a1b2c.apps.example",
    issuer: "https://login.example/5f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5/v2.0",
    extraScopes: ["api://0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d/access_as_user_v2"],
    audiences: ["https://api.example/resources/version2"],
  },
  {} as NodeJS.ProcessEnv,
);
const redirectUri = "https://app.example/sign-in/callback2";
const CODE = "0.AXoAcanary-code-4f2b9d7e1c6a8350";

const errorOf = (error_description: string) =>
  providerError(
    "The token endpoint",
    { error: "invalid_grant", error_description },
    { config, secrets: [CODE], redirectUri },
  );
const descriptionOf = (text: string) => errorOf(text).errorDescription;

describe("DX-12 a description keeps", () => {
  test.each([
    [
      "ids of a trace",
      "Trace ID: 3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2 Correlation ID: 4E5F6071-8293-44A5-B6C7-D8E9F0A1B2C3",
    ],
    ["an id in quotes", "Application with identifier '3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2' was not found."],
    ["an id in an address", "See https://sts.example/3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2/."],
    ["the client id", `Client ${config.clientId} is not known.`],
    ["the issuer", `Use ${config.issuer}.`],
    ["the redirect URI", `The redirect URI '${redirectUri}' is not registered`],
    ["a scope", `Consent is missing for ${config.scopes[1]}, and others.`],
    ["an audience", `${config.audiences[0]} is no resource`],
  ])("%s", (_title, text) => expect(descriptionOf(text)).toBe(text));
});

describe("DX-12 a description does not keep", () => {
  test.each([
    ["the code", CODE],
    ["the code as it stood in the form", encodeURIComponent(`${CODE}`)],
    ["a JWT", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"],
    ["an opaque token", "def50200a7c1e9b34f6d8205c9e1"],
    [
      "ids in a row, as a code of Keycloak",
      "3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2.4e5f6071-8293-44a5-b6c7-d8e9f0a1b2c3.5f607182-93a4-45b6-87d8-e9f0a1b2c3d4",
    ],
    ["a token that begins with an id", "3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2_4f2b9d7e1c6a8350ff"],
    ["a token that begins with the client id", `${config.clientId}-4f2b9d7e1c6a8350ff`],
    ["a token that begins with the redirect URI", `${redirectUri}/4f2b9d7e1c6a8350ff4f2b9d7e1c6a8350ff`],
    ["an id with a token behind a dot", "3d4e5f60-7182-4394-a5b6-c7d8e9f0a1b2.4f2b9d7e1c6a8350ff"],
  ])("%s", (_title, token) => {
    for (const text of [`bad ${token} here`, `bad "${token}"`, `code=${token}`]) {
      const description = descriptionOf(text) ?? "";
      expect(description).toContain("[redacted]");
      expect(description).not.toContain("4f2b9d7e1c6a8350");
      expect(description).not.toContain(token);
    }
  });
});

test.each(["CANARY-canary~with!unreserved*signs", "CANARY 4f2b9d7e with blanks", "CANARY\ud800lone"])(
  "DX-12 SE-25 the secret %j is not repeated, in whichever form",
  (secret) => {
    const whole = secret.replace("\ud800", "\ufffd");
    const forms = [secret, encodeURIComponent(whole), new URLSearchParams([["", whole]]).toString().slice(1)];
    const error_description = forms.join(" and ");
    const error = providerError("The provider", { error: "x", error_description }, { config, secrets: [secret] });
    expect(error.errorDescription).toBe("[redacted] and [redacted] and [redacted]");
  },
);

test("DX-12 the program's own id_token_hint is a token, and is not repeated", () => {
  const hint = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
  const withHint = { ...config, authorizationParams: { id_token_hint: hint } };
  const answer = { error: "login_required", error_description: `No session for ${hint}` };
  expect(providerError("The provider", answer, { config: withHint, secrets: [] }).errorDescription).toBe(
    "No session for [redacted]",
  );
});

describe("DX-18 what a provider says of an error", () => {
  test.each([
    ["a full stop", "The token was claimed by another client."],
    ["a line break and blanks", "The token was claimed by another client. \r\n  "],
    ["nothing", "The token was claimed by another client"],
    ["control characters", "The token was\u0007\u001b\nclaimed by\tanother client."],
  ])("a description that ends with %s makes one sentence", (_title, text) => {
    const { message } = errorOf(text);
    expect(message).toBe(
      'The token endpoint answered with "invalid_grant": The token was claimed by another client. The code or refresh token is no longer valid. Sign in again. A stored session is kept.',
    );
  });

  test("DX-12 of a long description the middle is cut out: the ids for the operator stand at its end", () => {
    const ids =
      "Trace ID: 255d1aef-8c98-452f-ac51-23d051240864\r\nCorrelation ID: fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7\r\nTimestamp: 2026-01-09 02:02:12Z";
    const error = errorOf(`AADSTS70011: ${"word ".repeat(400)}\r\n${ids}`);
    expect(error.errorDescription).toHaveLength(500);
    expect(error.errorDescription).toMatch(/^AADSTS70011: word .*…/);
    expect(error.errorDescription?.endsWith(ids.replaceAll("\r\n", " "))).toBe(true);
    expect(error.message).toContain("02:02:12Z. The code or refresh token");
    const whole = `${"word ".repeat(50)}${ids.replaceAll("\r\n", " ")}`;
    expect(descriptionOf(whole)).toBe(whole);
  });

  test("a description that holds nothing to read is none", () => {
    expect(errorOf(" \n\u0000 ").errorDescription).toBeUndefined();
  });
});

test.each(["constructor", "toString", "__proto__"])(
  "the error code %s, a name that every object has, is a code as any other",
  (error) => {
    const { message } = providerError("The provider", { error }, { config, secrets: [] });
    expect(message).toBe(`The provider answered with "${error}". A stored session is kept.`);
  },
);

test("DX-12 what a form carries is not repeated, whichever endpoint it went to", async () => {
  const { provider, server } = await connect();
  const metadata = await server.metadata();
  const secrets = ["code", "code_verifier", "device_code", "nonce", "refresh_token", "state", "token"];
  const form = new URLSearchParams(secrets.map((name, index): [string, string] => [name, `CANARY ${index}`]));
  const echo = { error: "invalid_request", error_description: [...form.values()].join(", ") };
  provider.on("token", () => ({ status: 400, json: echo }));
  provider.on("revocation", () => ({ status: 400, json: echo }));
  expect(metadata.revocation_endpoint).toEqual(expect.any(String));
  for (const endpoint of ["token_endpoint", "revocation_endpoint"] as const) {
    const said = secrets.map(() => "[redacted]").join(", ");
    await expect(server.request(endpoint, form)).rejects.toMatchObject({
      error: "invalid_request",
      errorDescription: said,
    });
  }
});
