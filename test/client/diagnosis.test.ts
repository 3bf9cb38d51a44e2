/** diagnose() in Node: what each check says, and that it neither asks a person nor rejects. */
import { expect, onTestFinished, test } from "vitest";
import type { DiagnosisFinding, OidcClient, OidcClientOptions } from "../../src/node/index.js";
import { startWorld } from "../hostile/world.js";
import { secretsIn } from "../support/secrets-in.js";

async function findings(client: OidcClient): Promise<Record<string, DiagnosisFinding>> {
  return Object.fromEntries((await client.diagnose()).map((finding) => [finding.check, finding]));
}

/** Node's own, as most programs have it, in place of the one that watches whom it asks. */
const plainFetch = { fetch: undefined } as unknown as Partial<OidcClientOptions>;

const outcomes = (found: Record<string, DiagnosisFinding>) =>
  Object.fromEntries(Object.entries(found).map(([check, { outcome }]) => [check, outcome]));

test("a healthy set-up is found healthy: three requests, nothing stored, nobody asked, no secret", async () => {
  const world = await startWorld();
  const found = await findings(world.client());
  expect(outcomes(found)).toEqual({
    metadata: "ok",
    keys: "ok",
    clock: "ok",
    client: "ok",
    redirect_uri: "ok",
    scopes: "ok",
    browser: "ok",
    device_flow: "ok",
    storage: "ok",
    session: "skipped",
    lock: "skipped",
    keychain: expect.stringMatching(/ok|skipped|warning/),
    proxy: "skipped",
    certificates: "skipped",
  });
  expect(world.provider.requests.map(({ endpoint }) => endpoint).sort()).toEqual(["authorize", "discovery", "jwks"]);
  const asked = world.provider.requests.find(({ endpoint }) => endpoint === "authorize");
  expect(asked?.query.get("prompt")).toBe("none");
  expect(world.stored()).toEqual({});
  expect(world.opened()).toBe(0);
  expect(secretsIn(JSON.stringify(found), world.provider.secrets())).toEqual([]);
});

test("the stored session and its lock are looked at, and stay as they are", async () => {
  const world = await startWorld();
  await world.signIn();
  const before = world.stored();
  const found = await findings(world.client());
  expect(found.session?.message).toBe("The access token has time left, and can be renewed.");
  expect(found.lock?.outcome).toBe("ok");
  expect(found.storage?.message).toMatch(/tokens is yours alone \(mode 700\), and can be written\.$/);
  expect(world.stored()).toEqual(before);
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("a wrong issuer: nothing lies at its address", async () => {
  const world = await startWorld();
  const issuer = `${world.provider.origin}/identify`;
  const { metadata, keys, client, scopes } = await findings(world.client({ issuer }));
  expect(metadata).toMatchObject({
    outcome: "failed",
    message: `The provider's metadata (${issuer}/.well-known/openid-configuration) came with status 404. Check the option issuer.`,
    advice: `Open ${issuer}/.well-known/openid-configuration in a browser: at the right issuer it shows JSON with a member "issuer". The option issuer is "${issuer}".`,
  });
  for (const finding of [keys, client, scopes]) {
    expect(finding).toMatchObject({
      outcome: "skipped",
      message: "Not known: the provider's metadata could not be used.",
    });
  }
});

test("a wrong issuer: the metadata there are another one's", async () => {
  const world = await startWorld();
  const { issuer } = world.provider;
  world.provider.metadata.issuer = "https://id.example/identity";
  const { metadata } = await findings(world.client());
  expect(metadata).toMatchObject({
    outcome: "failed",
    message: `${issuer}/.well-known/openid-configuration holds the metadata of another issuer: it says "https://id.example/identity", and the option issuer is "${issuer}".`,
    advice: 'If that is your provider, write issuer: "https://id.example/identity"; else correct the address.',
  });
});

test("a wrong slash, one too many and one too few", async () => {
  const world = await startWorld();
  const { issuer } = world.provider;
  const tooMany = await findings(world.client({ issuer: `${issuer}/` }));
  const url = `${issuer}/.well-known/openid-configuration`;
  expect(tooMany.metadata).toMatchObject({
    outcome: "failed",
    message: `By ${url} the provider's issuer has no slash at its end: it is "${issuer}", and the option issuer is "${issuer}/".`,
    advice: `Write issuer: "${issuer}".`,
  });
  world.provider.metadata.issuer = `${issuer}/`;
  const tooFew = await findings(world.client());
  expect(tooFew.metadata).toMatchObject({
    outcome: "failed",
    message: `By ${url} the provider's issuer ends with a slash: it is "${issuer}/", and the option issuer is "${issuer}".`,
    advice: `Write issuer: "${issuer}/".`,
  });
});

test.each([
  ["/common", "/{tenantid}/", "/common/"],
  ["/common", "/{tenantid}/v2.0", "/common/v2.0"],
  ["", "/{tenantid}/v2.0", "/organizations/v2.0"],
])(
  "an issuer %s for metadata of many tenants, %s: the form that can be written is %s",
  async (asked, stated, meant) => {
    const world = await startWorld();
    const { origin } = world.provider;
    const discoveryUrl = `${world.provider.issuer}/.well-known/openid-configuration`;
    world.provider.metadata.issuer = `${origin}${stated}`;
    const { metadata } = await findings(world.client({ issuer: `${origin}${asked}`, discoveryUrl }));
    expect(metadata).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining(`"${origin}${stated}"`),
      advice: expect.stringMatching(/^(Write|If that is your provider, write) issuer: /),
    });
    expect(metadata?.advice).toContain(`rite issuer: "${origin}${meant}"`);
  },
);

test("metadata that redirect: both addresses are named, and no browser is to look, which follows", async () => {
  const world = await startWorld();
  const { origin, issuer } = world.provider;
  world.provider.on("discovery", (exchange) => exchange.redirect(`${origin}/new?key=CANARY`, 301));
  const { metadata } = await findings(world.client());
  expect(metadata).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining(
      `(${issuer}/.well-known/openid-configuration) answered with a redirect to ${origin}/new, which is not followed.`,
    ),
    advice: "Write the issuer of the metadata behind it, or their address in the option discoveryUrl.",
  });
});

test("ID Tokens that are signed with a secret, and keys that sign nothing", async () => {
  const world = await startWorld();
  const { metadata, jwks } = world.provider;
  metadata.id_token_signing_alg_values_supported = ["HS256", "none"];
  expect((await findings(world.client())).keys).toMatchObject({
    outcome: "failed",
    message: "By the metadata ID Tokens are signed with HS256 none, which no key verifies.",
    advice: "Have them signed with RS256 or ES256 at the provider.",
  });
  for (const listed of [["HS256", "ES256"], ["EdDSA"], undefined]) {
    metadata.id_token_signing_alg_values_supported = listed;
    expect((await findings(world.client())).keys?.outcome).toBe("ok");
  }
  jwks.keys.push({ kty: "RSA", use: "enc" }, { kty: "oct", k: "x" });
  expect((await findings(world.client())).keys?.message).toMatch(/holds 1 key\.$/);
  for (const key of jwks.keys) key.use = "enc";
  expect((await findings(world.client())).keys).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining("holds no key for signatures"),
  });
});

test("a wrong clock", async () => {
  const world = await startWorld();
  world.provider.on("discovery", async (exchange) => {
    const answer = await exchange.next();
    return { ...answer, headers: { ...answer.headers, date: new Date(Date.now() + 600_000).toUTCString() } };
  });
  const { clock, metadata } = await findings(world.client());
  expect(metadata?.outcome).toBe("ok");
  expect(clock).toMatchObject({
    outcome: "failed",
    message: expect.stringMatching(
      /^This machine's clock is (599|600|601) s behind the provider's, more than the 120 s that are tolerated \(option clockToleranceSeconds\): tokens are taken for expired, or for not yet valid\.$/,
    ),
    advice: "Set this machine's clock: turn on its time synchronisation.",
  });
});

test("a missing scope: one that the provider does not list, and the one that brings a refresh token", async () => {
  const world = await startWorld();
  const typo = await findings(world.client({ extraScopes: ["offline_access", "hub_conector_api"] }));
  expect(typo.scopes).toMatchObject({
    outcome: "warning",
    message:
      'The provider does not list the scope "hub_conector_api" (scopes_supported), asked for by the option extraScopes.',
    advice:
      "Check the spelling: it lists openid profile offline_access hub_connector_api. A provider may have more; then the scope must be allowed for this client.",
  });
  const forgotten = await findings(world.client({ extraScopes: ["hub_connector_api"] }));
  expect(forgotten.scopes).toMatchObject({
    outcome: "ok",
    message: "The provider lists the scopes openid hub_connector_api; offline_access is not asked for.",
    advice: expect.stringContaining('extraScopes: ["offline_access"]'),
  });
  world.provider.metadata.scopes_supported = undefined;
  expect((await findings(world.client())).scopes?.outcome).toBe("skipped");
});

test("a provider that is down, and one that hangs, cost every check its time and no more", async () => {
  const world = await startWorld();
  await world.provider.down();
  const down = await findings(world.client(plainFetch));
  expect(down.metadata).toMatchObject({ outcome: "failed", message: expect.stringContaining("(ECONNREFUSED)") });
  expect(down.metadata?.advice).toContain("option issuer");
  expect(down.storage?.outcome).toBe("ok");
  await world.provider.up();
  world.provider.on("discovery", (exchange) => exchange.hang());
  const late = await findings(world.client({ requestTimeoutSeconds: 0.2 }));
  expect(late.metadata).toMatchObject({ outcome: "failed", message: expect.stringContaining("within 0.2 s") });
  expect(late.clock?.outcome).toBe("skipped");
});

test("an endpoint that a login needs and the metadata lack, and a key set without a key", async () => {
  const world = await startWorld();
  world.provider.jwks.keys.length = 0;
  expect((await findings(world.client())).keys).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining("no key"),
  });
  world.provider.metadata.token_endpoint = undefined;
  expect((await findings(world.client())).metadata).toMatchObject({
    outcome: "failed",
    message: expect.stringContaining("no token_endpoint"),
  });
});

test("a fetch, a store or an event of the program's own that throws anything is a finding", async () => {
  const world = await startWorld();
  const fetch = () => Promise.reject(new Error("CANARY"));
  const storage = {
    get: () => Promise.reject(new Error("CANARY")),
    set: () => Promise.reject(new Error("CANARY")),
    delete: () => Promise.reject(new Error("CANARY")),
  };
  const found = await findings(world.client({ fetch, storage }));
  expect(found.metadata?.outcome).toBe("failed");
  expect(found.storage).toMatchObject({ outcome: "failed", message: expect.stringContaining("own store") });
  expect(found.session?.outcome).toBe("failed");
  expect(JSON.stringify(found)).not.toContain("CANARY");
  expect(found.proxy?.message).toBe("Not looked at: requests go through the option fetch.");
});

test("proxy variables are told by name, never by value", async () => {
  const world = await startWorld();
  const before = process.env.HTTPS_PROXY;
  onTestFinished(() => {
    if (before === undefined) delete process.env.HTTPS_PROXY;
    else process.env.HTTPS_PROXY = before;
  });
  process.env.HTTPS_PROXY = "http://user:CANARY@proxy.example:3128";
  const { proxy } = await findings(world.client(plainFetch));
  expect(proxy?.message).toContain("HTTPS_PROXY");
  expect(JSON.stringify(proxy)).not.toMatch(/CANARY|proxy\.example/);
});

test("a program that signs in as itself is asked for nothing that it does not need", async () => {
  const world = await startWorld();
  const program = { flow: "client_credentials", clientId: "service", clientSecret: "CANARY-secret" } as const;
  const found = await findings(world.client({ ...program, extraScopes: ["hub_connector_api"] }));
  expect(outcomes(found)).toMatchObject({
    metadata: "ok",
    client: "skipped",
    redirect_uri: "skipped",
    browser: "skipped",
  });
  expect(JSON.stringify(found)).not.toContain("CANARY");
  expect(world.provider.ledger.count("authorize")).toBe(0);
  expect(world.provider.ledger.count("token")).toBe(0);
});

test("a closed client rejects with AbortedError, also one that is closed meanwhile", async () => {
  const world = await startWorld();
  const closed = world.client();
  await closed.close();
  expect(await world.failure(closed.diagnose())).toMatchObject({ code: "aborted" });
  const client = world.client();
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  world.provider.on("discovery", (exchange) => {
    asked();
    return exchange.hang();
  });
  const failure = world.failure(client.diagnose());
  await isAsked;
  await client.close();
  expect(await failure).toMatchObject({ code: "aborted" });
});
