/**
 * The ready-made preload script: becomes one CommonJS file, since a sandboxed preload script can load neither ES modules
 * nor files or packages; `electron` itself is there. It is also what `require("keystone-auth/electron/preload")` gives: whoever takes
 * the function from it finds the bridge in the page already, and narrows its channels.
 */
import type * as Preload from "./preload.js";
import { type Allowed, exposeBridge, mustBeChannels } from "./preload/bridge.js";
import type { ElectronForPreload } from "./preload/electron.js";

declare function require(name: "electron"): ElectronForPreload;

const allowed: Allowed = { names: undefined };

export const exposeTokens: typeof Preload.exposeTokens = (_electron, options) => {
  allowed.names = mustBeChannels(options?.channels);
};

exposeBridge(require("electron"), allowed);
