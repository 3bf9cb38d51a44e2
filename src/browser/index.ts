/**
 * keystone-auth in a browser. Importing it does nothing, wherever it is imported.
 *
 * @module keystone-auth/browser
 */
import { EnvironmentError } from "../errors.js";
import { OidcClientCore } from "../client/client.js";
import { systemClock } from "../clock.js";
import type { Logger, OidcClientOptions } from "../options/options.js";
import { openPopup } from "./early-popup.js";
import { readBrowserOptions } from "./options.js";
import { whenIdle } from "./idle.js";
import { FirstStoredToken, hasState } from "./stored-token.js";
import { UserActivation } from "./user-activation.js";

/**
 * Signs in, caches and renews: call `getAccessToken()` each time a token is used.
 *
 * @throws ConfigurationError (`configuration`) for an option that cannot be used
 * @throws EnvironmentError (`environment`) in a browser older than Chrome or Edge 120, Firefox 115, Safari 17
 */
export class OidcClient extends OidcClientCore {
  constructor(options: OidcClientOptions) {
    // The options are read by it. A type that says it is always there was written for newer browsers.
    if (!(URL.canParse as unknown))
      throw new EnvironmentError("This browser is too old: Chrome or Edge 120, Firefox 115 or Safari 17 is needed.");
    const page =
      typeof document === "undefined" || typeof location === "undefined" ? undefined : new URL(location.href);
    const config = readBrowserOptions(options, page);
    if (page && options.redirectUri === undefined) void warnBelowRoot(page, config.logger);
    const isStored = config.storage === "indexeddb" && !config.noCache;
    const storedToken = isStored ? new FirstStoredToken(config) : undefined;
    super(config, {
      clock: systemClock,
      isAwaited: hasState(),
      isRendering: page === undefined && typeof indexedDB === "undefined",
      storedToken,
      whenIdle,
      activation: page && new UserActivation(),
      openPopup: page && openPopup,
      loginMode: config.loginMode,
      access: async (memory, published, popup) => {
        // Beside each other: a person who waits for a popup waits for no row of files.
        if (config.loginMode === "popup" && page) import("./popup-login.js").catch(() => {});
        const { createAccess } = await import("./online.js");
        return createAccess(config, page?.href, storedToken, memory, published, popup);
      },
    });
  }
}

/** An app that lives in a folder is not at the default redirect URI: another one would get its answers. */
async function warnBelowRoot({ origin, pathname }: URL, logger: Logger | undefined): Promise<void> {
  const folder = pathname.replace(/[^/]*$/, "");
  if (folder === "/") return;
  try {
    // A logger may be async by accident.
    await (logger?.warn?.(
      `keystone-auth: sign-ins come back to ${origin}/, not to ${folder}. Set redirectUri unless this app is served at both.`,
    ) as unknown);
  } catch {
    // A logger that throws changes nothing.
  }
}

export {
  AbortedError,
  type AnyKeystoneAuthError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type ErrorCode,
  type ErrorDetails,
  isKeystoneAuthError,
  KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
  type LoginRequiredReason,
  NetworkError,
  PopupError,
  type PopupErrorKind,
  ProviderError,
  ResponseError,
  StorageError,
  type StorageErrorKind,
  TimeoutError,
  TokenValidationError,
} from "../errors.js";
export type { ClientEvents, Listener, SessionEvent, StorageEvent } from "../events.js";
export {
  type Interaction,
  type Logger,
  type LoopbackOptions,
  OidcFlow,
  type OidcClientOptions,
} from "../options/options.js";
export type { ClaimValue, RequiredClaims } from "../options/required-claims.js";
export type {
  DeviceCodePrompt,
  Keychain,
  KeyValueStore,
  Lock,
  LockHold,
  LockOptions,
  Page,
  PageContext,
  PageHandler,
} from "../ports.js";
export type { SessionState } from "../session/session-state.js";
export type { UserInfo } from "../protocol/user-info.js";
export type { IdTokenClaims, StandardClaims, TokenSet } from "../token-set.js";
export type { Diagnosis, DiagnosisCheck, DiagnosisFinding, DiagnosisOutcome } from "../client/diagnosis.js";
export type { ProviderSessionResult, SignOutResult } from "../client/sign-out-result.js";
export type { GetTokenOptions, SignInOptions, SignOutOptions, TokenProvider } from "../options/call.js";
