/** Puts together what a call needs beyond a stored token. Loaded as one part, when the first such call comes. */
import type { ClientConfig } from "../options/config.js";
import { LoginDesk } from "./login.js";
import type { Platform } from "./platform.js";
import { ProtocolEngine } from "../protocol/engine.js";
import { mayLoginHelp, SessionKeeper } from "../session/session-keeper.js";
import type { SessionView } from "../session/session-view.js";
import type { Machinery } from "./token-source.js";

export async function createMachinery(config: ClientConfig, platform: Platform, view: SessionView): Promise<Machinery> {
  const [{ key, store, opened }, actions] = await Promise.all([view.open(), platform.loadActions()]);
  const engine = new ProtocolEngine(config, platform.clock, actions.networkHint);
  await actions.warm?.(engine);
  const keeper = new SessionKeeper({
    key,
    config,
    clock: platform.clock,
    lock: opened.lock,
    store,
    renewal: {
      prepare: async () => {
        await engine.prepare();
        await actions.keepWarm?.(engine);
      },
      refresh: (record, refreshToken) => engine.refresh(record, refreshToken),
      clientCredentials: () => engine.clientCredentials(),
    },
    begin: () => view.beginRenewal(),
    onEnded: () => view.became(undefined, "ended"),
  });
  const desk = new LoginDesk(config, platform.clock, actions, view, engine);
  return { engine, actions, keeper, desk, mayLoginHelp };
}
