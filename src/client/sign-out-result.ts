/** What became of a sign-out at the provider. */
import type { KeystoneAuthError } from "../errors.js";

/**
 * What became of the provider's own session. `ended`: the provider has sent the person back with our `state`. `asked`: its page
 * was opened, and no return of that kind was seen.
 */
export type ProviderSessionResult = "ended" | "asked" | "failed" | "unsupported" | "skipped";

/** What became of the parts at the provider. The session here is gone in every case. */
export interface SignOutResult {
  /** RFC 7009. `skipped`: asked not to, or there was no token. */
  readonly revocation: "done" | "failed" | "unsupported" | "skipped";
  /** OpenID Connect RP-Initiated Logout 1.0. */
  readonly providerSession: ProviderSessionResult;
  readonly errors: readonly KeystoneAuthError[];
}
