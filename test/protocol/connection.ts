/** An authorization server object and a provider to ask, on one clock that a test moves. */
import { onTestFinished } from "vitest";
import { readNodeOptions } from "../../src/node/options.js";
import type { OidcClientOptions } from "../../src/options/options.js";
import { createAuthorizationRequest } from "../../src/protocol/authorization.js";
import { AuthorizationServer } from "../../src/protocol/authorization-server.js";
import { ConfidentialClient } from "../../src/protocol/confidential-client.js";
import { exchangeCode, type Refreshed, refreshTokens } from "../../src/protocol/token-endpoint.js";
import type { SessionRecord, TokenResponse } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";
import {
  type Claims,
  type FakeProvider,
  type FakeProviderOptions,
  startFakeProvider,
} from "../support/fake-provider.js";

export interface Connection {
  readonly provider: FakeProvider;
  readonly server: AuthorizationServer;
  readonly clock: FakeClock;
  login(): Promise<TokenResponse>;
  /** The session that a login begins. */
  session(): Promise<SessionRecord>;
  refresh(record: SessionRecord): Promise<Refreshed>;
}

/** Begins a connection that ends with the test. */
export async function connect(
  providerOptions: FakeProviderOptions = {},
  options: Partial<OidcClientOptions> = {},
): Promise<Connection> {
  const clock = new FakeClock();
  const provider = await startFakeProvider({ now: clock.now, refreshTokens: "always", ...providerOptions });
  onTestFinished(() => provider.close());
  const all = { clientId: "prizm", issuer: provider.issuer, allowInsecureLoopback: true, ...options };
  const config = readNodeOptions(all, {} as NodeJS.ProcessEnv);
  const confidential = config.clientSecret === undefined ? undefined : new ConfidentialClient(config);
  const server = new AuthorizationServer(config, clock, { confidential });
  const login = async () => {
    const { url, transaction } = await createAuthorizationRequest(server, { redirectUri: "http://127.0.0.1:1" });
    const { callbackUrl = "" } = await provider.authorize(url, { follow: false });
    return await exchangeCode(server, new URL(callbackUrl).searchParams, transaction);
  };
  return {
    provider,
    server,
    clock,
    login,
    session: async () => recordOf(server, await login()),
    refresh: (record) => refreshTokens(server, record, record.refreshToken ?? "", () => {}),
  };
}

function recordOf({ config }: AuthorizationServer, tokens: TokenResponse): SessionRecord {
  const { accessToken, refreshToken, idToken, idTokenClaims } = tokens;
  return {
    version: 1,
    id: "1",
    issuer: config.issuer,
    clientId: config.clientId,
    ...(idTokenClaims && { subject: idTokenClaims.sub }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
    accessTokens: { default: accessToken },
  };
}

/** The tokens of a refresh that must go well. */
export function tokensOf(refreshed: Refreshed): TokenResponse {
  if ("failure" in refreshed) throw refreshed.failure;
  return refreshed.tokens;
}

/** The failure of a refresh whose new refresh token must be kept. */
export function failureOf(refreshed: Refreshed): { refreshToken: string; failure: Error } {
  if ("tokens" in refreshed) throw new Error("the refresh went well");
  return refreshed;
}

/** Changes the members of the next answer of the token endpoint. */
export function changeNextAnswer(provider: FakeProvider, change: object, status?: number): void {
  provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    Object.assign(answer.json, change);
    return status === undefined ? answer : { ...answer, status };
  });
}

export const withClaims = (change: object) => (claims: Claims) => ({ ...claims, ...change });
