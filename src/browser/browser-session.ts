/** The session in a page. Loaded when the token does not lie ready. */
import { ClientSession } from "../client/client-session.js";
import type { BrowserSettings } from "../options/config.js";
import type { EventHub } from "../events.js";
import { createLog } from "../options/log.js";
import type { TokenMemory } from "../session/token-memory.js";
import { createBrowserPlatform } from "./browser-platform.js";

/** `address` is where the page was when the client was made: a router may have rewritten it since. */
export function createBrowserSession(
  settings: BrowserSettings,
  address: string | undefined,
  memory: TokenMemory,
  events: EventHub,
): ClientSession {
  const config = { ...settings, log: createLog(settings.logger) };
  return new ClientSession(config, createBrowserPlatform(config, address), memory, events);
}
