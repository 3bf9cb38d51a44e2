/**
 * The ready-made preload script: becomes one CommonJS file, since a sandboxed preload script can load neither ES modules
 * nor files or packages; `electron` itself is there.
 */
import { type ElectronForPreload, exposeTokens } from "./preload.js";

declare function require(name: "electron"): ElectronForPreload;

exposeTokens(require("electron"));
