/** A client's settings after the options were checked: frozen, complete, times in milliseconds. Types only. */
import type { Interaction, Logger, LoopbackOptions, OidcFlow } from "./options.js";
import type { DeviceCodePrompt, Keychain, KeyValueStore, Log, PageHandler } from "../ports.js";

/** The options of every platform, checked. */
export interface ClientSettings {
  readonly clientId: string;
  /** As given; a URL without a path has no trailing slash. */
  readonly issuer: string;
  /** In the order given, `openid` first (not with client_credentials). */
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  /** RFC 8707 resource indicators, from `authorizationParams.resource`. */
  readonly resources: readonly string[];
  readonly storage: "file" | "encrypted-file" | "indexeddb" | "session" | "memory" | KeyValueStore;
  readonly noCache: boolean;
  readonly interaction: Interaction;
  readonly minValidityMs: number;
  readonly clockToleranceMs: number;
  readonly loginTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly storageTimeoutMs: number;
  readonly maxResponseBytes: number;
  /** Whether http to a loopback address is allowed. */
  readonly allowHttp: boolean;
  readonly authorizationParams: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch | undefined;
  readonly logger: Logger;
  readonly flow: OidcFlow;
  readonly clientSecret: string | undefined;
  readonly clientAuthentication: "auto" | "basic" | "post";
}

/** What the session and the protocol need. */
export interface ClientConfig extends ClientSettings {
  /** The program's logger with its guards. */
  readonly log: Log;
}

/** What the Node adapters need beside. */
export interface NodeConfig extends ClientConfig {
  readonly loopback: Required<LoopbackOptions>;
  readonly openBrowser: ((url: string) => void | Promise<void>) | undefined;
  readonly onDeviceCode: ((prompt: DeviceCodePrompt) => void | Promise<void>) | undefined;
  readonly pageHandler: PageHandler | undefined;
  readonly storageDirectory: string | undefined;
  /** Undefined: the operating system's. */
  readonly keychain: Keychain | undefined;
  readonly withoutKeychain: "fail" | "memory" | "plain-file";
}

/** The options of a browser, checked. */
export interface BrowserSettings extends ClientSettings {
  readonly loginMode: "redirect" | "popup";
  /** Undefined where there is no `location` (SSR, workers). */
  readonly redirectUri: string | undefined;
  readonly silentLogin: boolean;
  readonly silentLoginTimeoutMs: number;
  readonly allowFramed: boolean;
  readonly postLogoutRedirectUri: string | undefined;
}

/** What the browser adapters need. */
export type BrowserConfig = ClientConfig & BrowserSettings;
