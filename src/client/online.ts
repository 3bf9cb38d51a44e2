/** What a call needs beyond the stored session: the authorization server, refreshes, logins. Loaded with the first such call. */
import type { ClientConfig } from "../options/config.js";
import { AuthorizationServer } from "../protocol/authorization-server.js";
import { refreshTokens } from "../protocol/token-endpoint.js";
import { Refresher, type TokenEndpoint } from "../session/refresh.js";
import type { Session } from "../session/session.js";
import { Login } from "./login.js";
import type { Platform } from "./platform.js";

export interface Online {
  readonly server: AuthorizationServer;
  readonly refresher: Refresher;
  readonly login: Login;
}

export async function goOnline(config: ClientConfig, platform: Platform, session: Session): Promise<Online> {
  const { clock, networkHint } = platform;
  const confidential = await platform.confidential?.();
  const server = new AuthorizationServer(config, clock, { networkHint, confidential });
  await platform.restoreProvider?.(server);
  const endpoint: TokenEndpoint = {
    prepare: async () => {
      await server.prepare();
      await platform.keepProvider?.(server);
    },
    refresh: (record, refreshToken, mustSend) => refreshTokens(server, record, refreshToken, mustSend),
    clientCredentials: async () => {
      if (confidential === undefined) throw new TypeError("a client without a secret has no such grant");
      return await confidential.clientCredentials(server);
    },
  };
  return {
    server,
    refresher: new Refresher(config, session, endpoint),
    login: new Login(config, platform, session, server),
  };
}
