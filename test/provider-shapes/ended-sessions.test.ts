/**
 * How products say that a refresh token is good no more, each played by the fake provider as its stand-in: a program that may
 * ask the person signs in anew, one that may not is told to.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type Answer, startFakeProvider } from "../support/fake-provider.js";

const json = (status: number, members: object): Answer => ({ status, json: members });
const grant = (description: string, status = 400, more: object = {}) =>
  json(status, { error: "invalid_grant", error_description: description, ...more });

const PAGE = { status: 400, headers: { "content-type": "text/html" }, body: "<p>Bad request" };

/** With "never": the session has ended, or it is kept since the answer does not say so. */
const ENDED = { name: "LoginRequiredError", reason: "refresh_rejected", sessionKept: false };
const REFUSED = { name: "ProviderError", retryable: false, sessionKept: true };
const FOREIGN = { name: "ResponseError", sessionKept: true };

const ANSWERS: readonly (readonly [product: string, answer: Answer, toldWhenNever: object])[] = [
  ["Entra ID", grant("AADSTS700082: it has expired.", 400, { error_codes: [700082], suberror: "bad_token" }), ENDED],
  ["Google", grant("Token has been expired or revoked."), ENDED],
  ["Auth0 and Atlassian, with status 403", grant("Unknown or invalid refresh token.", 403), ENDED],
  ["Keycloak", grant("Session not active"), ENDED],
  ["PingFederate", grant("unknown, invalid, or expired refresh token"), ENDED],
  ["Salesforce", grant("expired access/refresh token"), ENDED],
  ["a server that says it with status 401", grant("expired", 401), ENDED],
  ["a server that says it with status 200", json(200, { error: "invalid_grant" }), ENDED],
  ["GitHub, with a code of its own and status 200", json(200, { error: "bad_refresh_token" }), REFUSED],
  ["Slack, with a code of its own and status 200", json(200, { ok: false, error: "invalid_refresh_token" }), REFUSED],
  ["X", json(400, { error: "invalid_request", error_description: "Value passed for the token was invalid." }), REFUSED],
  ["Twitch, without a code", json(400, { status: 400, message: "Invalid refresh token" }), REFUSED],
  ["Twitch, with a sentence as code", json(400, { error: "Bad Request", message: "Invalid refresh token" }), REFUSED],
  ["a server with an empty answer", { status: 401, body: "" }, REFUSED],
  ["a framework's own page", PAGE, FOREIGN],
];

async function signedIn() {
  const provider = await startFakeProvider({ refreshTokens: "always" });
  onTestFinished(() => provider.close());
  const storageDirectory = mkdtempSync(join(tmpdir(), "keystone-auth-"));
  onTestFinished(() => rmSync(storageDirectory, { recursive: true, force: true }));
  const client = (options: Partial<OidcClientOptions> = {}) => {
    const made = new OidcClient({
      clientId: "prizm",
      issuer: provider.issuer,
      allowInsecureLoopback: true,
      storageDirectory,
      openBrowser: async (url) => void (await provider.authorize(url)),
      ...options,
    });
    onTestFinished(() => made.close());
    return made;
  };
  const token = await client().getAccessToken();
  return { provider, client, token };
}

test.each(ANSWERS)("%s: who may ask the person has a new session", async (_product, answer) => {
  const { provider, client, token } = await signedIn();
  const remove = provider.on("token", ({ form }) => (form.get("grant_type") === "refresh_token" ? answer : undefined));
  const next = await client().getAccessToken({ forceRefresh: true });
  expect(next).not.toBe(token);
  remove();
  expect(await client({ interaction: "never" }).getAccessToken({ forceRefresh: true })).not.toBe(next);
});

test.each(ANSWERS)("%s: who may not is told", async (_product, answer, told) => {
  const { provider, client } = await signedIn();
  provider.once("token", () => answer);
  const call = client({ interaction: "never" }).getAccessToken({ forceRefresh: true });
  await expect(call).rejects.toMatchObject(told);
});

test("Gitea and Forgejo call a used refresh token unauthorized_client: told as that error, since no login mends a client", async () => {
  const { provider, client } = await signedIn();
  provider.once("token", () =>
    json(400, { error: "unauthorized_client", error_description: "token was already used" }),
  );
  const error = { name: "ProviderError", error: "unauthorized_client", sessionKept: true };
  await expect(client().getAccessToken({ forceRefresh: true })).rejects.toMatchObject(error);
  const asked = client();
  await asked.signIn();
  await asked.getAccessToken({ forceRefresh: true });
});
