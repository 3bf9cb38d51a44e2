/** The options of one call, checked. */
import type { ClientConfig } from "./config.js";
import { flag, milliseconds, oneOf, refuse } from "./option-checks.js";
import type { Interaction } from "./options.js";
import { accessTokenOf, type SessionRecord } from "./session/token-set.js";

/** Options of `getAccessToken()` and `getTokenSet()`. */
export interface GetTokenOptions {
  /** What this call may do when a person is needed. [the client's option] */
  interaction?: Interaction;
  /** Seconds that the token must still have; one with less left is renewed. [the client's option] */
  minValiditySeconds?: number;
  /** Renew even a token that has time left. Callers at the same time share one renewal. [false] */
  forceRefresh?: boolean;
  /** A token that a resource server has refused (401): whatever is current and differs from it is given, else it is renewed. */
  rejectedToken?: string;
  /** Takes this call out; others that wait for the same renewal or login go on. */
  signal?: AbortSignal;
}

export interface TokenRequest {
  readonly interaction: Interaction;
  readonly minValidityMs: number;
  readonly force: boolean;
  readonly rejectedToken: string | undefined;
  readonly signal: AbortSignal | undefined;
}

function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const fits = typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;
  if (!fits) refuse("signal", "must be an AbortSignal.");
  return value as AbortSignal;
}

/** Checks the options of a call. Throws ConfigurationError. */
export function readTokenRequest(
  options: GetTokenOptions = {},
  config: Pick<ClientConfig, "interaction" | "minValidityMs">,
): TokenRequest {
  if (typeof options !== "object" || options === null) refuse("options", "of the call must be an object.");
  const { rejectedToken, minValiditySeconds } = options;
  if (rejectedToken !== undefined && typeof rejectedToken !== "string") refuse("rejectedToken", "must be a string.");
  return {
    interaction: oneOf("interaction", options.interaction, ["allowed", "never"], config.interaction),
    minValidityMs:
      minValiditySeconds === undefined
        ? config.minValidityMs
        : milliseconds("minValiditySeconds", minValiditySeconds, 0, "0"),
    force: flag("forceRefresh", options.forceRefresh),
    rejectedToken,
    signal: readSignal(options.signal),
  };
}

/** Whether the session's access token will do for the request. `leftMs` is what it still has; `before` is what a forced call must not get again. */
export function isUsable(
  record: SessionRecord | undefined,
  request: TokenRequest,
  leftMs: number,
  before?: string,
): boolean {
  const token = accessTokenOf(record);
  if (token === undefined || token.token === request.rejectedToken) return false;
  if (request.force && (before === undefined || token.token === before)) return false;
  return leftMs > 0 && leftMs >= request.minValidityMs;
}
