/** A Node program gets its token: the whole way, against the fake provider over real sockets and real files. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OidcClient, type OidcClientOptions } from "../../src/node/index.js";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { secretsIn } from "../support/secrets-in.js";

let provider: FakeProvider;
let directory: string;
const clients: OidcClient[] = [];
let opened: number;
const lines: string[] = [];

beforeEach(async () => {
  provider = await startFakeProvider();
  directory = await mkdtemp(join(tmpdir(), "keystone-auth-"));
  opened = 0;
  lines.length = 0;
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await provider.close();
  await rm(directory, { recursive: true, force: true });
});

function client(options: Partial<OidcClientOptions> = {}): OidcClient {
  const log = (message: string) => void lines.push(message);
  const made = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory: join(directory, "tokens"),
    logger: { debug: log, info: log, warn: log, error: log },
    openBrowser: async (url) => {
      opened += 1;
      void provider.authorize(url);
    },
    ...options,
  });
  clients.push(made);
  return made;
}

test("the first call signs in, the second comes from memory, a second client's from the file", async () => {
  const first = client();
  const token = await first.getAccessToken();
  expect(await first.getAccessToken()).toBe(token);
  expect(await client({ interaction: "never" }).getAccessToken()).toBe(token);
  expect(opened).toBe(1);
  expect(provider.ledger.count("token")).toBe(1);
});

test("1,000 concurrent forced calls of two clients send each refresh token once, and the session lives", async () => {
  const [one, two] = [client(), client()];
  const before = await one.getAccessToken();
  await two.getAccessToken();
  const calls = Array.from({ length: 1000 }, (_, i) => (i % 2 ? one : two).getAccessToken({ forceRefresh: true }));
  for (const token of await Promise.all(calls)) expect(token).not.toBe(before);
  expect(provider.ledger.maxPostsPerRefreshToken()).toBe(1);
  expect(provider.sessionAlive()).toBe(true);
});

test("FS-01 files are 0600 in a directory of 0700", async () => {
  await client().getAccessToken();
  const tokens = join(directory, "tokens");
  expect((await stat(tokens)).mode & 0o777).toBe(0o700);
  const names = (await readdir(tokens)).filter((name) => name.endsWith(".json"));
  expect(names).toHaveLength(1);
  for (const name of names) expect((await stat(join(tokens, name))).mode & 0o777).toBe(0o600);
});

test("NF-03 a 503 keeps the session, and the next call renews", async () => {
  const one = client();
  const before = await one.getAccessToken();
  provider.once("token", (exchange) => exchange.html(503, "down"));
  await expect(one.getAccessToken({ forceRefresh: true })).rejects.toMatchObject({
    code: "network",
    retryable: true,
    sessionKept: true,
  });
  expect(await one.getAccessToken({ forceRefresh: true })).not.toBe(before);
});

test("NF-04 invalid_grant for the stored token ends the session once", async () => {
  const one = client({ interaction: "never" });
  await client().getAccessToken();
  provider.killSession();
  const calls = Array.from({ length: 50 }, () => one.getAccessToken({ forceRefresh: true }));
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({ status: "rejected", reason: { code: "login_required", sessionKept: false } });
  }
  expect(provider.ledger.count("token", "refresh_token")).toBe(1);
});

test("CB-01 LB-03 a stranger's request changes nothing, and the login goes on", async () => {
  const statuses: number[] = [];
  const one = client({
    openBrowser: async (url) => {
      const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
      for (const query of ["", "/?code=x", "/?code=x&state=y", "/?error=access_denied&state=z"]) {
        statuses.push((await fetch(redirect + query)).status);
      }
      void provider.authorize(url);
    },
  });
  await one.getAccessToken();
  expect(statuses).toEqual([400, 400, 400, 400]);
});

test("CB-09 a refusal by the provider is ProviderError, and its page shows no markup from outside", async () => {
  let page = "";
  provider.on("authorize", async (exchange) => {
    const back = new URL(exchange.query.get("redirect_uri") ?? "");
    back.search = new URLSearchParams({
      error: "access_denied",
      error_description: "<script>alert(1)</script>",
      state: exchange.query.get("state") ?? "",
      iss: provider.issuer,
    }).toString();
    return { status: 302, headers: { location: back.href } };
  });
  const one = client({ openBrowser: async (url) => void provider.authorize(url).then(({ body }) => (page = body)) });
  await expect(one.getAccessToken()).rejects.toMatchObject({ code: "provider", error: "access_denied" });
  await expect.poll(() => page).toContain("did not succeed");
  expect(page).not.toContain("<script>alert");
});

test("TV-13 a token with a broken signature is refused, and nothing is stored", async () => {
  provider.settings.idTokenSigning = { tamper: "signature" };
  await expect(client().getAccessToken()).rejects.toMatchObject({ code: "token_validation", claim: "signature" });
  await expect(client({ interaction: "never" }).getAccessToken()).rejects.toMatchObject({
    code: "login_required",
    reason: "no_session",
  });
});

test("the device flow shows the code and gets the token when the person has approved", async () => {
  provider.settings.deviceIntervalSeconds = 1;
  const one = client({ flow: "device_code", onDeviceCode: ({ userCode }) => void provider.approveDevice(userCode) });
  expect(await one.getAccessToken()).not.toBe("");
});

test("client_credentials signs the program in, and renews without a refresh token", async () => {
  const secret = Object.values(provider.settings.clientSecrets)[0] as string;
  const one = client({
    clientId: "service",
    clientSecret: secret,
    flow: "client_credentials",
    extraScopes: ["hub_connector_api"],
  });
  const before = await one.getAccessToken();
  expect(await one.getAccessToken({ forceRefresh: true })).not.toBe(before);
});

test("signOut ends the session here and at the provider; another client notices", async () => {
  const [one, two] = [client(), client({ interaction: "never" })];
  await one.getAccessToken();
  await two.getAccessToken();
  expect(await one.signOut()).toMatchObject({ revocation: "done", providerSession: "skipped" });
  await expect
    .poll(() => two.getAccessToken().catch((error: { code: string }) => error.code), { timeout: 3000 })
    .toBe("login_required");
  expect(provider.sessionAlive()).toBe(false);
});

test("LG-01 no secret is in a log line of a whole life of a session", async () => {
  const one = client();
  await one.getAccessToken();
  await one.getAccessToken({ forceRefresh: true });
  await one.signOut();
  expect(lines.length).toBeGreaterThan(0);
  expect(secretsIn(lines, provider.secrets())).toEqual([]);
});

test.each([
  ["clientId", { clientId: "" }],
  ["issuer", { issuer: "http://example.com" }],
  ["extraScopes", { extraScopes: ['a"b'] }],
  ["loginTimeoutSeconds", { loginTimeoutSeconds: Number.NaN }],
  ["authorizationParams", { authorizationParams: { state: "x" } }],
])("IV-01 IV-02 IV-04 IV-06 a bad %s is refused at construction", (option, options) => {
  expect(() => client(options as Partial<OidcClientOptions>)).toThrow(
    expect.objectContaining({ code: "configuration", option }),
  );
});
