import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as oauth from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CANARY, type FakeProvider, startFakeProvider } from "../support/fake-provider.js";
import { PlainEngine } from "./plain-engine.js";

const SCOPE = "openid offline_access hub_connector_api";
let provider: FakeProvider;
let engine: PlainEngine;

async function begin(): Promise<void> {
  engine = await PlainEngine.discover(provider.issuer);
}
const walk = async (url: URL): Promise<string | undefined> =>
  (await provider.authorize(url, { follow: false })).callbackUrl;

beforeEach(async () => {
  provider = await startFakeProvider();
  await begin();
});
afterEach(() => provider.close());

describe("the default flows, checked by the engine", () => {
  for (const alg of ["RS256", "PS256", "ES256", "EdDSA"] as const) {
    it(`signs in with code and PKCE, and signs both tokens with ${alg}`, async () => {
      await using other = await startFakeProvider({ alg, audience: ["hub_connector_api", "other"] });
      const client = await PlainEngine.discover(other.issuer);
      const open = async (url: URL) => (await other.authorize(url, { follow: false })).callbackUrl;
      const tokens = await client.signIn(SCOPE, open);
      const claims = await client.accessTokenClaims(tokens.access_token, "hub_connector_api");
      expect(claims).toMatchObject({ sub: "alice", aud: ["hub_connector_api", "other"], scope: SCOPE });
      expect(tokens.expires_in).toBe(300);
    });
  }

  it("sends the redirect on to a listener on loopback and gives its page", async () => {
    const server = createServer((request, response) => response.end(`got ${request.url?.slice(0, 7)}`));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { url } = await engine.authorizationRequest(SCOPE, {}, at);
    const visit = await provider.authorize(url);
    server.close();
    expect(visit).toMatchObject({ status: 200, body: "got /?code=" });
  });

  it("refuses a second use of a code and kills what the first one gave", async () => {
    const login = await engine.authorizationRequest(SCOPE);
    const callback = (await walk(login.url)) ?? "";
    const tokens = await engine.exchange(callback, login);
    await expect(engine.exchange(callback, login)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(engine.refresh(tokens.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(provider.ledger.maxPostsPerCode()).toBe(2);
  });

  it("refuses a code with another verifier or another redirect URI", async () => {
    const login = await engine.authorizationRequest(SCOPE);
    const wrong = { ...login, verifier: oauth.generateRandomCodeVerifier() };
    await expect(engine.exchange((await walk(login.url)) ?? "", wrong)).rejects.toMatchObject({
      error: "invalid_grant",
    });
    const again = await engine.authorizationRequest(SCOPE);
    const elsewhere = engine.exchange((await walk(again.url)) ?? "", again, "http://127.0.0.1:9/other");
    await expect(elsewhere).rejects.toMatchObject({ error: "invalid_grant" });
  });

  it("rotates refresh tokens, and the reuse of one kills the whole session", async () => {
    const first = await engine.signIn(SCOPE, walk);
    const second = await engine.refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(provider.sessionAlive()).toBe(true);
    expect(provider.ledger.maxPostsPerRefreshToken()).toBe(1);
    await expect(engine.refresh(first.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(provider.sessionAlive()).toBe(false);
    await expect(engine.refresh(second.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(provider.ledger.postsOfRefreshToken.get(first.refresh_token ?? "")).toBe(2);
  });

  it("lets one of two simultaneous refreshes with the same token lose", async () => {
    const { refresh_token } = await engine.signIn(SCOPE, walk);
    const results = await Promise.allSettled([engine.refresh(refresh_token), engine.refresh(refresh_token)]);
    expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(provider.sessionAlive(refresh_token)).toBe(false);
  });

  it("serves a refresh token again where reuse detection is off, and keeps it where rotation is off", async () => {
    const { refresh_token } = await engine.signIn(SCOPE, walk);
    provider.settings.strictReuseDetection = false;
    await engine.refresh(refresh_token);
    await engine.refresh(refresh_token);
    provider.settings.rotateRefreshTokens = false;
    expect((await engine.refresh(refresh_token)).refresh_token).toBeUndefined();
  });

  it("serves a used-up refresh token within its grace period, and kills the session after it", async () => {
    const { refresh_token } = await engine.signIn(SCOPE, walk);
    let now = Date.now();
    Object.assign(provider.settings, { reuseGraceSeconds: 10, now: () => now });
    await engine.refresh(refresh_token);
    now += 9000;
    await engine.refresh(refresh_token);
    expect(provider.sessionAlive(refresh_token)).toBe(true);
    now += 1000;
    await expect(engine.refresh(refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(provider.sessionAlive(refresh_token)).toBe(false);
  });

  it("gives a refresh token for offline_access only", async () => {
    expect((await engine.signIn("openid", walk)).refresh_token).toBeUndefined();
  });

  it("runs the device flow: pending, approved, once only; denied; expired", async () => {
    const device = await engine.startDevice(SCOPE);
    expect(device.interval).toBe(5);
    await expect(engine.pollDevice(device.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
    provider.approveDevice(device.user_code);
    expect((await engine.pollDevice(device.device_code)).refresh_token).toContain(CANARY);
    await expect(engine.pollDevice(device.device_code)).rejects.toMatchObject({ error: "invalid_grant" });
    const denied = await engine.startDevice(SCOPE);
    provider.denyDevice();
    await expect(engine.pollDevice(denied.device_code)).rejects.toMatchObject({ error: "access_denied" });
    const late = await engine.startDevice(SCOPE);
    provider.expireDevice(late.user_code);
    await expect(engine.pollDevice(late.device_code)).rejects.toMatchObject({ error: "expired_token" });
  });

  it("says slow_down to an early poll when asked to", async () => {
    provider.settings.enforceDeviceInterval = true;
    const { device_code } = await engine.startDevice(SCOPE);
    await expect(engine.pollDevice(device_code)).rejects.toMatchObject({ error: "authorization_pending" });
    await expect(engine.pollDevice(device_code)).rejects.toMatchObject({ error: "slow_down" });
  });

  it("takes client credentials by basic and by post, and refuses a wrong or missing secret", async () => {
    const secret = provider.settings.clientSecrets.service ?? "";
    const service = await PlainEngine.discover(provider.issuer, { client_id: "service" });
    for (const auth of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
      const tokens = await service.clientCredentials(auth, "hub_connector_api");
      expect(tokens.id_token ?? tokens.refresh_token).toBeUndefined();
    }
    for (const auth of [oauth.ClientSecretPost("wrong-secret"), oauth.None()]) {
      await expect(service.clientCredentials(auth, "x")).rejects.toMatchObject({ error: "invalid_client" });
    }
    provider.settings.clientAuthMethods = ["client_secret_post"];
    const basic = service.clientCredentials(oauth.ClientSecretBasic(secret), "x");
    await expect(basic).rejects.toMatchObject({ name: "WWWAuthenticateChallengeError", status: 401 });
  });

  it("pushes authorization requests, and each serves once", async () => {
    provider.settings.requirePushedAuthorizationRequests = true;
    await begin();
    const login = await engine.authorizationRequest(SCOPE);
    expect((await provider.authorize(login.url)).callbackUrl).toBeUndefined();
    const { request_uri } = await engine.push(login.parameters);
    const url = new URL(engine.as.authorization_endpoint ?? "");
    url.search = new URLSearchParams({ client_id: "app", request_uri }).toString();
    await engine.exchange((await walk(url)) ?? "", login);
    expect((await provider.authorize(url)).status).toBe(400);
  });

  it("answers prompt=none by whether somebody is signed in", async () => {
    await engine.signIn(SCOPE, walk, { prompt: "none" });
    provider.settings.signedIn = false;
    const refused = engine.signIn(SCOPE, walk, { prompt: "none" });
    await expect(refused).rejects.toMatchObject({ error: "login_required" });
  });

  it("gives userinfo, and revocation and end_session end the session", async () => {
    const first = await engine.signIn(SCOPE, walk);
    expect(await engine.userInfo(first.access_token, "alice")).toMatchObject({ sub: "alice" });
    await engine.revoke(first.refresh_token ?? "");
    expect(provider.sessionAlive()).toBe(false);
    await expect(engine.userInfo(first.access_token, "alice")).rejects.toThrow();
    const other = await engine.signIn(SCOPE, walk);
    const second = await engine.signIn(SCOPE, walk);
    const url = new URL(engine.as.end_session_endpoint ?? "");
    url.searchParams.set("id_token_hint", second.id_token ?? "");
    url.searchParams.set("post_logout_redirect_uri", "http://127.0.0.1:9/bye");
    url.searchParams.set("state", "s1");
    expect((await provider.authorize(url, { follow: false })).callbackUrl).toBe("http://127.0.0.1:9/bye?state=s1");
    expect(provider.sessionAlive()).toBe(false);
    expect(provider.sessionAlive(other.refresh_token)).toBe(true);
    expect(provider.settings.signedIn).toBe(false);
  });

  it("refuses requests with a repeated parameter or without PKCE", async () => {
    const { url } = await engine.authorizationRequest(SCOPE);
    url.searchParams.append("state", "another");
    expect((await provider.authorize(url)).status).toBe(400);
    const plain = engine.signIn(SCOPE, walk, { code_challenge_method: "plain" });
    await expect(plain).rejects.toMatchObject({ error: "invalid_request" });
  });

  it("gives opaque access tokens that carry the marker, and knows every secret that went by", async () => {
    provider.settings.accessTokenFormat = "opaque";
    const login = await engine.authorizationRequest(SCOPE);
    const callback = (await walk(login.url)) ?? "";
    const tokens = await engine.exchange(callback, login);
    expect(tokens.access_token).toContain(CANARY);
    const expected = [
      login.state,
      login.nonce,
      login.verifier,
      tokens.access_token,
      tokens.refresh_token,
      tokens.id_token,
    ];
    expect(provider.secrets()).toEqual(expect.arrayContaining(expected));
    expect(provider.secrets()).toContain(new URL(callback).searchParams.get("code"));
  });
});

describe("where it lives", () => {
  it("keeps an ending slash of the issuer and serves metadata below it once", async () => {
    await using slashed = await startFakeProvider({ issuerPath: "/realms/x/" });
    expect(slashed.issuer).toBe(`${slashed.origin}/realms/x/`);
    const client = await PlainEngine.discover(slashed.issuer);
    expect(client.as.token_endpoint).toBe(`${slashed.origin}/realms/x/connect/token`);
    await using bare = await startFakeProvider({ issuerPath: "" });
    expect((await PlainEngine.discover(bare.issuer)).as.issuer).toBe(bare.origin);
  });

  it("lets a page of another origin read the answers, unless CORS is off", async () => {
    const headers = { origin: "http://app.example", "access-control-request-method": "POST" };
    const preflight = await fetch(provider.url("token"), { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("http://app.example");
    expect(provider.ledger.count("token")).toBe(0);
    provider.settings.cors = false;
    const answer = await fetch(provider.url("discovery"), { headers });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("goes down, refusing connections, and comes up on the same port", async () => {
    const { issuer } = provider;
    await provider.down();
    await expect(fetch(provider.url("discovery"))).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await provider.up();
    expect((await PlainEngine.discover(issuer)).as.issuer).toBe(issuer);
  });
});
