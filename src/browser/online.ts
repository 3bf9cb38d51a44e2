/** What a page loads when the stored token does not serve: the session, the protocol, the redirect login. */
import { SessionAccess } from "../client/session-access.js";
import type { EventHub } from "../events.js";
import type { BrowserSettings } from "../options/config.js";
import { createLog } from "../options/log.js";
import type { TokenMemory } from "../session/memory.js";
import { Session } from "../session/session.js";
import { BrowserPlatform } from "./platform.js";
import type { FirstStoredToken } from "./stored-token.js";

/** `address` is where the page was when the client was made: a router may have rewritten it since. */
export function createAccess(
  settings: BrowserSettings,
  address: string | undefined,
  storedToken: FirstStoredToken | undefined,
  memory: TokenMemory,
  events: EventHub,
): SessionAccess {
  const config = { ...settings, log: createLog(settings.logger) };
  const platform = new BrowserPlatform(config, address, storedToken);
  const session = new Session(config, platform.clock, memory, events, (onTrouble, onChange) =>
    platform.openStore(onTrouble, onChange),
  );
  const access = new SessionAccess(config, platform, session);
  // A popup whose login nobody waits for any more: no call of the page's will finish it.
  const finish = async () => {
    if (await platform.hasUnawaited()) await access.resume();
  };
  finish().catch(() => config.log.debug("the response in the address could not be dealt with"));
  return access;
}
