/** Where the metadata lies, whose they are, and which issuer a token must name. */
import { expect, test } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import { isSameIssuer, mayBeIssuer, type ServerMetadata } from "../../src/protocol/metadata.js";
import type { FakeProvider } from "../support/fake-provider.js";
import { connect, tokensOf } from "./connection.js";

const TENANT = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const OTHER = "9188040d-6c67-4c5b-b112-36a304b66dad";
const MANY = "https://login.example/{tenantid}/v2.0";

test.each([
  [MANY, "https://login.example/organizations/v2.0", true],
  [MANY, `https://login.example/${TENANT}/v2.0`, true],
  [MANY, "https://other.example/organizations/v2.0", false],
  [MANY, "https://login.example/organizations/v1.0", false],
  [MANY, "https://login.example/a/b/v2.0", false],
  ["https://login.example/x{tenantid}/v2.0", "https://login.example/xcommon/v2.0", false],
  ["https://{tenantid}/v2.0", "https://evil.example/v2.0", false],
  ["https://login.example/{tenantid}/{tenantid}", "https://login.example/a/b", false],
  ["https://login.example/{tenant}/v2.0", "https://login.example/common/v2.0", false],
])("metadata that name %s, asked for %s: %s", (stated, asked, fits) => {
  expect(isSameIssuer(stated, asked)).toBe(fits);
});

test.each([
  [`https://login.example/${TENANT}/v2.0`, true],
  ["https://login.example/organizations/v2.0", false],
  [`https://login.example/${TENANT}/v2.0/`, false],
  [`https://evil.example/${TENANT}/v2.0`, false],
])("an authorization response that names %s: %s", (iss, fits) => {
  expect(mayBeIssuer({ issuer: MANY } as ServerMetadata, iss)).toBe(fits);
});

/** A provider whose metadata speak for many tenants. */
async function ofManyTenants(edit: (claims: Record<string, unknown>, provider: FakeProvider) => void) {
  const connection = await connect({ rotateRefreshTokens: false, issuerPath: "/organizations" });
  const { provider } = connection;
  provider.on("discovery", async (exchange) => {
    const answer = await exchange.next();
    return { ...answer, json: { ...answer.json, issuer: `${provider.origin}/{tenantid}` } };
  });
  provider.on("authorize", async (exchange) => {
    const answer = await exchange.next();
    const callback = new URL(String(answer.headers?.location));
    callback.searchParams.set("iss", `${provider.origin}/${TENANT}`);
    return exchange.redirect(callback.href);
  });
  provider.settings.editIdToken = (claims) => {
    Object.assign(claims, { tid: TENANT, iss: `${provider.origin}/${TENANT}` });
    edit(claims as Record<string, unknown>, provider);
  };
  return connection;
}

test("a login and a refresh of a tenant among many", async () => {
  const { login, session, refresh } = await ofManyTenants(() => {});
  expect((await login()).idTokenClaims).toMatchObject({ tid: TENANT });
  tokensOf(await refresh(await session()));
});

test.each<[string, (claims: Record<string, unknown>, provider: FakeProvider) => void]>([
  ["of another tenant than its tid", (claims) => Object.assign(claims, { tid: OTHER })],
  ["without a tid", (claims) => delete claims.tid],
  [
    "whose tid is no UUID",
    (claims, { origin }) => Object.assign(claims, { tid: "organizations", iss: `${origin}/organizations` }),
  ],
  ["that names the template", (claims, { origin }) => Object.assign(claims, { iss: `${origin}/{tenantid}` })],
])("an ID Token %s is refused", async (_title, edit) => {
  const { login } = await ofManyTenants(edit);
  await expect(login()).rejects.toMatchObject({ code: "token_validation", claim: "iss" });
});

test("a refresh that brings another tenant's token ends the session", async () => {
  let tenant = TENANT;
  const { session, refresh } = await ofManyTenants((claims, { origin }) => {
    Object.assign(claims, { tid: tenant, iss: `${origin}/${tenant}` });
  });
  const record = await session();
  tenant = OTHER;
  await expect(refresh(record)).rejects.toMatchObject({ code: "login_required", reason: "user_changed" });
});

test("discoveryUrl: the metadata are asked for there, with its query, and must name the issuer all the same", async () => {
  const { provider } = await connect();
  const discoveryUrl = `${provider.issuer}/.well-known/openid-configuration?p=policy`;
  const { server } = await connect({}, { issuer: provider.issuer, discoveryUrl });
  await server.prepareLogin();
  expect(provider.requests.at(-1)?.query.get("p")).toBe("policy");
  const { server: wrong } = await connect({}, { issuer: `${provider.origin}/elsewhere`, discoveryUrl });
  await expect(wrong.metadata()).rejects.toMatchObject({ code: "discovery" });
});

test.each(["http://id.example/m", "https://user@id.example/m", "https://id.example/m#x", "/m", 4])(
  "discoveryUrl %j is refused at construction",
  (discoveryUrl) => {
    const options = { clientId: "c", issuer: "https://id.example", discoveryUrl: discoveryUrl as string };
    expect(() => readNodeOptions(options, {} as NodeJS.ProcessEnv)).toThrow(
      expect.objectContaining({ code: "configuration", option: "discoveryUrl" }),
    );
  },
);
