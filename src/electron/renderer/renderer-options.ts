/** The options of a renderer's client. */
import { EnvironmentError } from "../../errors.js";
import { oneOf, optional, readAll, refuse, seconds } from "../../options/checks.js";
import type { Interaction } from "../../options/options.js";
import { INTERACTIONS } from "../../options/read.js";
import { BRIDGE, type Bridge, DEFAULT_CHANNEL, isChannelName, VERSION } from "../messages.js";

/** All else is set where the client is made: in the main process. Defaults stand in brackets. */
export interface RendererClientOptions {
  /** The `channel` of `serveTokens`, where there are several clients. ["default"] */
  channel?: string;
  /** What `getAccessToken()` may do when a person is needed; the main process has the last word. [what the main process's client says] */
  interaction?: Interaction;
  /** A token with less left, in seconds, is renewed. 0 is allowed, at most 2,147,483. [30] */
  minValiditySeconds?: number;
}

export interface RendererConfig {
  readonly channel: string;
  readonly interaction: Interaction | undefined;
  readonly minValidityMs: number;
}

const NAMES = ["channel", "interaction", "minValiditySeconds"];

/** Throws ConfigurationError. */
export function readRendererOptions(options: RendererClientOptions): RendererConfig {
  if (typeof options !== "object" || options === null) refuse("options", "must be an object.");
  const { channel = DEFAULT_CHANNEL } = options;
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) refuse(name, "is no option of a renderer's client: give it to the main process's.");
  }
  if (!isChannelName(channel)) refuse("channel", "must be 1 to 32 characters of [a-z0-9-], the first no hyphen.");
  return {
    channel,
    ...readAll({ interaction: optional(oneOf(INTERACTIONS)), minValidityMs: seconds(30, "0 or more") }, options),
  };
}

/** The bridge that the preload script put into this page. @throws EnvironmentError (`environment`) */
export function findBridge(): Bridge {
  const { location, [BRIDGE]: bridge } = globalThis as { location?: Location; [BRIDGE]?: Partial<Bridge> };
  if (location?.protocol === "file:") {
    throw new EnvironmentError(
      "This page is a file: address, which has no origin by which the main process could know it. Serve it by a scheme of " +
        "your own that is registered as standard and secure (protocol.registerSchemesAsPrivileged).",
    );
  }
  if (typeof bridge?.call !== "function" || typeof bridge.listen !== "function") {
    throw new EnvironmentError(
      "There is no bridge to Electron's main process in this page. Give the window the preload script " +
        "keystone-auth/electron/preload (webPreferences.preload) and leave contextIsolation on; a window that a page opens " +
        "by window.open needs it too (overrideBrowserWindowOptions); call exposeTokens once. The event preload-error of the " +
        "window's webContents says what went wrong. In a browser use keystone-auth/browser instead.",
    );
  }
  if (bridge.version !== VERSION) {
    throw new EnvironmentError(
      "The preload script is of another release of keystone-auth than this page. Use the same release for both.",
    );
  }
  return bridge as Bridge;
}
