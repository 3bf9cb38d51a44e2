/** How the client shows who it is (RFC 6749 §2.3). A public client does so by its id; a confidential one is passed in. */
import { type ClientAuth, None } from "oauth4webapi";
import { ProviderError } from "../errors.js";
import type { ServerMetadata } from "./metadata.js";

/** One way to show it. */
export interface ClientWay {
  readonly auth: ClientAuth;
  /** The server took this one, perhaps after it had refused another. */
  readonly accepted?: () => void;
}

export interface ClientAuthentication {
  /** The ways to try, in this order. */
  ways(metadata: ServerMetadata): readonly ClientWay[];
}

export const publicClient: ClientAuthentication = { ways: () => [{ auth: None() }] };

/**
 * Sends with one way after the other. On `invalid_client` the next one is tried: the request was refused before the code
 * or token in it was read (RFC 6749 §5.2), so that a one-time token is still good. Any other refusal is final.
 */
export async function sendAuthenticated<T>(
  ways: readonly ClientWay[],
  send: (auth: ClientAuth) => Promise<T>,
): Promise<T> {
  let refusal: unknown;
  for (const way of ways) {
    try {
      const answer = await send(way.auth);
      way.accepted?.();
      return answer;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.error !== "invalid_client") throw error;
      refusal = error;
    }
  }
  throw refusal;
}
