/** How the calls of a client end, as a history tells it. It knows the library by its interface alone. */
import type { TokenSet } from "../../src/token-set.js";
import type { Failure, Method, SettledEvent } from "./events.js";

export type Outcome = Pick<SettledEvent, "token" | "person" | "scopes" | "failure">;

/** What a call gave, by the text of its token. */
export function givenBy(method: Method, value: unknown): Outcome {
  if (method === "getAccessToken") return { token: value as string };
  if (method === "getIdTokenClaims") return value ? { person: (value as { sub: string }).sub } : {};
  if (method !== "getTokenSet") return {};
  const { accessToken: token, scopes, idTokenClaims } = value as TokenSet;
  return { token, scopes, ...(idTokenClaims && { person: idTokenClaims.sub }) };
}

/** An error as a history tells it. Ours say what became of the session. */
export function failureOf(error: unknown): Failure {
  const { code, reason, sessionKept, retryable } = error as Failure;
  if (typeof sessionKept !== "boolean" || typeof retryable !== "boolean") return { code: `foreign: ${String(error)}` };
  return { code, sessionKept, retryable, ...(reason !== undefined && { reason }) };
}
