/** Flows by plain oauth4webapi, with its own checks: how a conforming client sees a provider. */
import * as oauth from "oauth4webapi";

const http = { [oauth.allowInsecureRequests]: true } as const;
const redirectUri = "http://127.0.0.1:9/callback";

/** A client of a provider, by the engine alone. */
export class PlainEngine {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;

  private constructor(as: oauth.AuthorizationServer, client: oauth.Client) {
    this.as = as;
    this.client = client;
  }

  static async discover(issuer: string, client: oauth.Client = { client_id: "app" }): Promise<PlainEngine> {
    const url = new URL(issuer);
    const response = await oauth.discoveryRequest(url, http);
    return new PlainEngine(await oauth.processDiscoveryResponse(url, response), client);
  }

  /** The login up to the callback, whose URL `walk` gives. */
  async signIn(
    scope: string,
    walk: (url: URL) => Promise<string | undefined>,
    parameters: Record<string, string> = {},
    at: string = redirectUri,
  ): Promise<oauth.TokenEndpointResponse> {
    const login = await this.authorizationRequest(scope, parameters, at);
    const callback = await walk(login.url);
    return this.exchange(callback ?? "", login, at);
  }

  async authorizationRequest(
    scope: string,
    parameters: Record<string, string> = {},
    at: string = redirectUri,
  ): Promise<{ url: URL; verifier: string; nonce: string; state: string; parameters: Record<string, string> }> {
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const state = oauth.generateRandomState();
    const url = new URL(this.as.authorization_endpoint ?? "");
    const all = {
      client_id: this.client.client_id,
      redirect_uri: at,
      response_type: "code",
      scope,
      state,
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...parameters,
    };
    for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
    return { url, verifier, nonce, state, parameters: all };
  }

  async exchange(
    callback: string,
    login: { verifier: string; nonce: string; state: string },
    at: string = redirectUri,
  ): Promise<oauth.TokenEndpointResponse> {
    const { as, client } = this;
    const checked = oauth.validateAuthResponse(as, client, new URL(callback), login.state);
    const send = oauth.authorizationCodeGrantRequest;
    const response = await send(as, client, oauth.None(), checked, at, login.verifier, http);
    const expected = { expectedNonce: login.nonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, expected);
    await oauth.validateApplicationLevelSignature(as, response, http);
    return tokens;
  }

  async refresh(refreshToken: string | undefined): Promise<oauth.TokenEndpointResponse> {
    const { as, client } = this;
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken ?? "", http);
    return oauth.processRefreshTokenResponse(as, client, response);
  }

  async startDevice(scope: string): Promise<oauth.DeviceAuthorizationResponse> {
    const { as, client } = this;
    const response = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { scope }, http);
    return oauth.processDeviceAuthorizationResponse(as, client, response);
  }

  async pollDevice(deviceCode: string): Promise<oauth.TokenEndpointResponse> {
    const { as, client } = this;
    const response = await oauth.deviceCodeGrantRequest(as, client, oauth.None(), deviceCode, http);
    return oauth.processDeviceCodeResponse(as, client, response);
  }

  async clientCredentials(auth: oauth.ClientAuth, scope: string): Promise<oauth.TokenEndpointResponse> {
    const { as, client } = this;
    const response = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope }, http);
    return oauth.processClientCredentialsResponse(as, client, response);
  }

  async userInfo(accessToken: string, subject: string): Promise<oauth.UserInfoResponse> {
    const response = await oauth.userInfoRequest(this.as, this.client, accessToken, http);
    return oauth.processUserInfoResponse(this.as, this.client, subject, response);
  }

  async revoke(token: string): Promise<void> {
    const { as, client } = this;
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), token, http));
  }

  /** The checks of RFC 9068 §4, signature included. */
  async accessTokenClaims(accessToken: string, audience: string): Promise<oauth.JWTAccessTokenClaims> {
    const request = new Request("http://127.0.0.1/", { headers: { authorization: `Bearer ${accessToken}` } });
    return oauth.validateJwtAccessToken(this.as, request, audience, http);
  }

  async push(parameters: Record<string, string>): Promise<oauth.PushedAuthorizationResponse> {
    const { as, client } = this;
    const response = await oauth.pushedAuthorizationRequest(as, client, oauth.None(), parameters, http);
    return oauth.processPushedAuthorizationResponse(as, client, response);
  }
}
