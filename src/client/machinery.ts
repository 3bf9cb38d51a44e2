/** Puts together what a call needs beyond a stored token. Loaded as one part, when the first such call comes. */
import type { ClientConfig } from "../options/config.js";
import { LoginDesk } from "./login.js";
import type { Platform } from "./platform.js";
import { AuthorizationServer } from "../protocol/authorization-server.js";
import { refreshTokens } from "../protocol/token-endpoint.js";
import { mayLoginHelp, SessionKeeper } from "../session/session-keeper.js";
import type { SessionView } from "../session/session-view.js";
import type { Machinery } from "./token-source.js";

export async function createMachinery(config: ClientConfig, platform: Platform, view: SessionView): Promise<Machinery> {
  const [{ key, store, opened }, actions] = await Promise.all([view.open(), platform.loadActions()]);
  const { networkHint, confidential } = actions;
  const server = new AuthorizationServer(config, platform.clock, { networkHint, confidential });
  await actions.warm?.(server);
  const keeper = new SessionKeeper({
    key,
    config,
    clock: platform.clock,
    lock: opened.lock,
    store,
    renewal: {
      prepare: async () => {
        await server.prepare();
        await actions.keepWarm?.(server);
      },
      refresh: async (record, refreshToken) => {
        const refreshed = await refreshTokens(server, record, refreshToken);
        if ("failure" in refreshed) throw refreshed.failure;
        return refreshed.tokens;
      },
      clientCredentials: async () => {
        if (confidential === undefined) throw new TypeError("a client without a secret signs nobody in by itself");
        return await confidential.clientCredentials(server);
      },
    },
    begin: () => view.beginRenewal(),
    onEnded: () => view.became(undefined, "ended"),
  });
  const desk = new LoginDesk(config, platform.clock, actions, view, server);
  return { server, actions, keeper, desk, mayLoginHelp };
}
