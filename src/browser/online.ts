/** What a page loads when the stored token does not serve: the session, the protocol, the redirect login. */
import type { ClickPopup } from "../client/click-popup.js";
import { SessionAccess } from "../client/session-access.js";
import type { BrowserSettings } from "../options/config.js";
import { createLog } from "../options/log.js";
import type { TokenMemory } from "../session/memory.js";
import type { PublishedSession } from "../session/session-state.js";
import { Session } from "../session/session.js";
import { BrowserPlatform } from "./platform.js";
import type { FirstStoredToken } from "./stored-token.js";

/** `address` is where the page was when the client was made: a router may have rewritten it since. */
export function createAccess(
  settings: BrowserSettings,
  address: string | undefined,
  storedToken: FirstStoredToken | undefined,
  memory: TokenMemory,
  published: PublishedSession,
  popup: ClickPopup,
): SessionAccess {
  const config = { ...settings, log: createLog(settings.logger) };
  const platform = new BrowserPlatform(config, address, storedToken);
  const session = new Session(config, platform.clock, memory, published, (onTrouble, onChange) =>
    platform.openStore(onTrouble, onChange),
  );
  return new SessionAccess(config, platform, session, popup);
}
