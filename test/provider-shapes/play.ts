/** Plays one shape: the fake provider takes the product's place, and a program signs in, refreshes twice and signs out. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { decodeJwt, type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import type { Shape } from "./shape.js";

/** Has something done when the test has ended, the newest first. */
type AtTheEnd = (work: () => void | Promise<void>) => void;

async function startProvider(shape: Shape, atTheEnd: AtTheEnd): Promise<FakeProvider> {
  const provider = await startFakeProvider({ refreshTokens: "always", ...shape.provider });
  atTheEnd(() => provider.close());
  const issuer = shape.issuer?.(provider) ?? provider.issuer;
  const announced = shape.iss === "announced" ? {} : { authorization_response_iss_parameter_supported: undefined };
  Object.assign(provider.metadata, { issuer }, announced, shape.metadata?.(provider));
  provider.settings.editIdToken = (claims, grantType) => {
    claims.iss = issuer;
    shape.idToken?.(claims, grantType);
  };
  provider.settings.editAccessToken = (claims, grantType) => shape.accessToken?.(claims, grantType);
  shape.keys?.(provider.jwks.keys);
  provider.on("authorize", async (exchange) => {
    const answer = await exchange.next();
    const location = new URL(String(answer.headers?.location));
    location.searchParams.delete("iss");
    const iss = (shape.iss ?? "absent") === "absent" ? {} : { iss: issuer };
    for (const [name, value] of Object.entries({ ...iss, ...shape.response })) location.searchParams.set(name, value);
    return exchange.redirect(location.href);
  });
  provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    if (answer.status === 200) shape.answer?.(answer.json, String(exchange.form.get("grant_type")));
    return answer;
  });
  shape.arrange?.(provider);
  return provider;
}

/** A program of the product, whose person signs in at once. */
class Program {
  logins = 0;
  pages = 0;
  readonly options: OidcClientOptions;

  constructor(
    shape: Shape,
    provider: FakeProvider,
    private readonly atTheEnd: AtTheEnd,
  ) {
    const storageDirectory = mkdtempSync(join(tmpdir(), "keystone-auth-"));
    atTheEnd(() => rmSync(storageDirectory, { recursive: true, force: true }));
    this.options = {
      clientId: "prizm",
      issuer: shape.issuer?.(provider) ?? provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storageDirectory,
      openBrowser: async (url) => {
        const isLogin = new URL(url).pathname === new URL(provider.url("authorize")).pathname;
        if (isLogin) this.logins += 1;
        else this.pages += 1;
        const { status } = await provider.authorize(url);
        if (status >= 400) throw new Error(`the person ends on a page with status ${status}`);
      },
      ...shape.client?.(provider),
    };
  }

  client(options: Partial<OidcClientOptions> = {}): OidcClient {
    const client = new OidcClient({ ...this.options, ...options });
    this.atTheEnd(() => client.close());
    return client;
  }
}

/** What may be believed of a token is not asked here, but that each is the newest. */
async function refreshTwice(shape: Shape, provider: FakeProvider, program: Program, client: OidcClient) {
  let last = await client.getAccessToken();
  for (let round = 1; round <= 2; round += 1) {
    const next = await client.getAccessToken({ forceRefresh: true });
    expect(next).not.toBe(last);
    last = next;
  }
  const byLogin = shape.renewal === "login" ? 2 : 0;
  expect(program.logins).toBe(1 + byLogin);
  expect(provider.ledger.count("token", "refresh_token")).toBe(2 - byLogin);
  const asked = provider.requests.length;
  // Memory has it, and so has the store, for a program that may not ask anybody.
  expect(await client.getAccessToken()).toBe(last);
  expect(await program.client({ interaction: "never" }).getAccessToken()).toBe(last);
  expect(provider.requests.length).toBe(asked);
}

async function signOut({ signOut: expected = {} }: Shape, program: Program, client: OidcClient): Promise<void> {
  const { revocation = "done", providerSession = "opened", params } = expected;
  const result = await client.signOut({ providerSession: true, ...(params && { params }) });
  expect(result.revocation).toBe(revocation);
  expect(result.providerSession).toMatch(providerSession === "opened" ? /^(ended|asked)$/ : providerSession);
  expect(program.pages).toBe(providerSession === "opened" ? 1 : 0);
  expect(await client.getIdTokenClaims()).toBeUndefined();
  await expect(program.client({ interaction: "never" }).getAccessToken()).rejects.toMatchObject({
    code: "login_required",
  });
}

export async function play(shape: Shape, atTheEnd: AtTheEnd): Promise<void> {
  const provider = await startProvider(shape, atTheEnd);
  const program = new Program(shape, provider, atTheEnd);
  const client = program.client();
  const { refused } = shape;
  if (refused !== undefined && refused.at !== "refresh") {
    await expect(client.getAccessToken()).rejects.toMatchObject(refused.error);
    return;
  }
  const set = await client.getTokenSet();
  expect(set.idTokenClaims).toMatchObject({ sub: "alice", ...shape.claims });
  expect(set.expiresAt.getTime()).toBeGreaterThan(Date.now());
  if (refused !== undefined) {
    await expect(client.getAccessToken({ forceRefresh: true })).rejects.toMatchObject(refused.error);
    return;
  }
  await refreshTwice(shape, provider, program, client);
  const claims = await client.getIdTokenClaims();
  expect(claims).toMatchObject({ sub: "alice", ...shape.claims });
  expect(claims).toMatchObject({ iss: decodeJwt(String((await client.getTokenSet()).idToken)).iss });
  await signOut(shape, program, client);
}
