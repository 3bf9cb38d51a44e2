import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as oauth from "oauth4webapi";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { REAL_AUDIENCE, type RealProvider, startRealProvider } from "../support/real-provider.js";
import { approveDeviceOverHttp, denyOverHttp, ScriptedUser, signInOverHttp } from "../support/scripted-user.js";
import { PlainEngine } from "./plain-engine.js";

const SCOPE = "openid offline_access hub_connector_api";
const SPA = "http://127.0.0.1:9/";
const CONSENT = { prompt: "consent" };
const printed = [vi.spyOn(console, "warn"), vi.spyOn(console, "info")];
let real: RealProvider;
let native: PlainEngine;
const walkAs = (user: ScriptedUser) => async (url: URL) => (await user.signIn(url, { follow: false })).callbackUrl;

beforeAll(async () => {
  real = await startRealProvider({ spaRedirectUris: [SPA] });
  native = await PlainEngine.discover(real.issuer, { client_id: "native" });
});
afterAll(() => real.close());
afterEach(() => {
  expect(real.serverErrors).toEqual([]);
  for (const print of printed) expect(print).not.toHaveBeenCalled();
});

describe("the real provider", () => {
  it("has an issuer with a path, on 127.0.0.1 or localhost", async () => {
    expect(native.as.issuer).toBe(`${real.origin}/identity`);
    const local = await startRealProvider({ host: "localhost" });
    expect((await PlainEngine.discover(local.issuer)).as.issuer).toMatch(/^http:\/\/localhost:\d+\/identity$/);
    await local.close();
  });

  for (const path of ["", "/callback"]) {
    it(`signs a native client in on any loopback port, path "${path}", and opens its page`, async () => {
      const server = createServer((request, response) => response.end(`page ${request.method}`));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      const login = await native.authorizationRequest(SCOPE, CONSENT, at);
      const walk = await signInOverHttp(login.url, { login: "bob" });
      expect(walk).toMatchObject({ status: 200, body: "page GET" });
      server.close();
      const tokens = await native.exchange(walk.callbackUrl ?? "", login, at);
      expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe("bob");
      const claims = await native.accessTokenClaims(tokens.access_token, REAL_AUDIENCE);
      expect(claims).toMatchObject({ sub: "bob", aud: "hub_connector_api", scope: "hub_connector_api" });
    });
  }

  it("tells the client when the person says no", async () => {
    const login = await native.authorizationRequest(SCOPE, CONSENT, "http://127.0.0.1:9");
    const walk = await new ScriptedUser().deny(login.url, { follow: false });
    expect(new URL(walk.callbackUrl ?? "").searchParams.get("error")).toBe("access_denied");
  });

  it("rotates refresh tokens, and the reuse of one revokes the grant", async () => {
    const before = real.refreshCount;
    const first = await native.signIn(SCOPE, walkAs(new ScriptedUser()), CONSENT, "http://127.0.0.1:9/callback");
    const second = await native.refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(real.refreshCount - before).toBe(1);
    const revokedBefore = real.lastGrantRevoked;
    await expect(native.refresh(first.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect(real.lastGrantRevoked).not.toBe(revokedBefore);
    await expect(native.refresh(second.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect([real.refreshCount - before, real.refreshPosts >= 3]).toEqual([1, true]);
  });

  it("approves a device code with and without the code in the address, and denies one", async () => {
    const complete = await native.startDevice(SCOPE);
    await expect(native.pollDevice(complete.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
    const done = await approveDeviceOverHttp(complete.verification_uri_complete ?? "", { login: "carol" });
    expect(done.body).toContain("Device signed in");
    const tokens = await native.pollDevice(complete.device_code);
    expect((await native.accessTokenClaims(tokens.access_token, REAL_AUDIENCE)).sub).toBe("carol");
    const typed = await native.startDevice(SCOPE);
    await approveDeviceOverHttp(typed.verification_uri, { userCode: typed.user_code });
    expect((await native.pollDevice(typed.device_code)).refresh_token).toBeDefined();
    const refused = await native.startDevice(SCOPE);
    await denyOverHttp(refused.verification_uri_complete ?? "");
    await expect(native.pollDevice(refused.device_code)).rejects.toMatchObject({ error: "access_denied" });
  });

  it("gives a service tokens by its secret", async () => {
    const service = await PlainEngine.discover(real.issuer, { client_id: "service" });
    const tokens = await service.clientCredentials(oauth.ClientSecretBasic(real.serviceSecret), "hub_connector_api");
    expect((await service.accessTokenClaims(tokens.access_token, REAL_AUDIENCE)).sub).toBe("service");
    const wrong = service.clientCredentials(oauth.ClientSecretBasic("wrong"), "hub_connector_api");
    await expect(wrong).rejects.toMatchObject({ status: 401 });
  });

  it("signs the spa in silently once the person has signed in, lets its origin read, and ends it all on sign-out", async () => {
    const spa = await PlainEngine.discover(real.issuer, { client_id: "spa" });
    const user = new ScriptedUser("dora");
    const silent = { prompt: "none" };
    await expect(spa.signIn(SCOPE, walkAs(user), silent, SPA)).rejects.toMatchObject({ error: "login_required" });
    const tokens = await spa.signIn(SCOPE, walkAs(user), CONSENT, SPA);
    await spa.signIn(SCOPE, walkAs(user), silent, SPA);
    const headers = { origin: new URL(SPA).origin };
    const answer = await fetch(spa.as.token_endpoint ?? "", {
      method: "POST",
      headers,
      body: new URLSearchParams({ client_id: "spa" }),
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(headers.origin);
    await spa.revoke(tokens.refresh_token ?? "");
    const url = new URL(spa.as.end_session_endpoint ?? "");
    const parameters = { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: SPA, state: "s" };
    url.search = new URLSearchParams(parameters).toString();
    expect((await user.signOut(url, { follow: false })).callbackUrl).toBe(`${SPA}?state=s`);
    await expect(spa.signIn(SCOPE, walkAs(user), silent, SPA)).rejects.toMatchObject({ error: "login_required" });
  });

  it("gives access tokens that live as long as asked", async () => {
    const brief = await startRealProvider({ ttl: { accessTokenSeconds: 7 } });
    const service = await PlainEngine.discover(brief.issuer, { client_id: "service" });
    const auth = oauth.ClientSecretBasic(brief.serviceSecret);
    expect((await service.clientCredentials(auth, "hub_connector_api")).expires_in).toBe(7);
    await brief.close();
  });
});
