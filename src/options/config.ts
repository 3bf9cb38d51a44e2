/** A client's settings after the options were checked: frozen, complete, times in milliseconds. Types only. */
import type { LoopbackOptions } from "./options.js";
import type { DeviceCodePrompt, Keychain, Log, PageHandler } from "../ports.js";
import type { ClientSettings } from "./read.js";

export type { ClientSettings };

/** Where the loopback server listens, with nothing left open. */
export type LoopbackAddress = { readonly [Name in keyof LoopbackOptions]-?: NonNullable<LoopbackOptions[Name]> };

/** What the session and the protocol need. */
export interface ClientConfig extends ClientSettings {
  /** The program's logger with its guards. */
  readonly log: Log;
}

/** What the Node adapters need beside. */
export interface NodeConfig extends ClientConfig {
  readonly loopback: LoopbackAddress;
  readonly openBrowser: ((url: string) => void | Promise<void>) | undefined;
  readonly onAuthorizationUrl: ((url: string) => void | Promise<void>) | undefined;
  readonly onDeviceCode: ((prompt: DeviceCodePrompt) => void | Promise<void>) | undefined;
  readonly pageHandler: PageHandler | undefined;
  readonly storageDirectory: string | undefined;
  readonly sharedDatabase: string | undefined;
  /** Undefined: the operating system's. */
  readonly keychain: Keychain | undefined;
  readonly withoutKeychain: "fail" | "memory" | "plain-file";
  readonly postLogoutRedirectUri: string | undefined;
}

/** The options of a browser, checked. */
export interface BrowserSettings extends ClientSettings {
  readonly loginMode: "redirect" | "popup";
  readonly popupBlocked: "error" | "redirect";
  readonly onReturn: ((path: string) => void) | undefined;
  /** Undefined where there is no `location` (SSR, workers). */
  readonly redirectUri: string | undefined;
  readonly silentLogin: boolean;
  readonly silentLoginTimeoutMs: number;
  readonly allowFramed: boolean;
  readonly postLogoutRedirectUri: string | undefined;
}

/** What the browser adapters need. */
export type BrowserConfig = ClientConfig & BrowserSettings;
