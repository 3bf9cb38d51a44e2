/** keystone-auth for preload scripts that a bundler makes. The ready-made one is `electron-preload.cjs`. */
import { exposeBridge, mustBeChannels } from "./preload/bridge.js";
import type { ElectronForPreload } from "./preload/electron.js";

export type { ElectronForPreload };

export interface ExposeTokensOptions {
  /** The channels that the page may use: the `channel` of each `serveTokens`. [any] */
  readonly channels?: readonly string[] | undefined;
}

/**
 * Gives the page the bridge that `OidcClient` of `keystone-auth/electron/renderer` needs. Works with
 * `contextIsolation` and `sandbox` on; with `contextIsolation` off Electron itself throws. Call it once.
 *
 * The page gets two functions that reach the channels of this library alone, never `ipcRenderer` or an event's sender.
 *
 * @throws TypeError for a channel name that is not of `[a-z0-9-]`, at most 32 characters
 */
export function exposeTokens(electron: ElectronForPreload, options: ExposeTokensOptions = {}): void {
  exposeBridge(electron, { names: mustBeChannels(options.channels) });
}
