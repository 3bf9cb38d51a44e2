/** Whether a login gets further than what has failed, and whether a call may ask a person for one. */
import { isKeystoneAuthError, type KeystoneAuthError, type LoginRequiredError } from "../errors.js";
import type { Interaction } from "../options/options.js";
import type { Platform } from "./platform.js";

/** After a refresh: the provider refused this session, not this client. `isReachable` asks whether the provider itself answers. */
export async function couldLoginHelp(
  error: unknown,
  interaction: Interaction,
  isReachable: () => Promise<boolean>,
): Promise<boolean> {
  if (!isKeystoneAuthError(error)) return false;
  if (error.code === "login_required") return true;
  const { error: told, status = 0 } = error as KeystoneAuthError & { error?: string; status?: number };
  if (error.code === "provider") {
    return !error.retryable && told !== "invalid_client" && told !== "unauthorized_client";
  }
  // A page that is no OAuth error may be a captive portal's: a login helps only where the provider itself answers.
  const isForeign = error.code === "response" && status >= 400 && status < 500;
  return isForeign && interaction !== "never" && (await isReachable());
}

/** Whether a person gets further than a silent login did: it had to show something, or its frame brought no answer. */
export const couldPersonHelp = (error: KeystoneAuthError): boolean =>
  error.code === "timeout" ||
  (error.code === "login_required" && (error as LoginRequiredError).reason === "provider_requires_interaction");

/** Whether a call may leave the page, open a window, or ask at a terminal. `hasServed`: this client has given a token. */
export function mayAskPerson(
  failure: KeystoneAuthError,
  { interaction, isAsked }: { readonly interaction: Interaction; readonly isAsked: boolean },
  { isPage, isHidden }: Pick<Platform, "isPage" | "isHidden">,
  hasServed: boolean,
): boolean {
  if (interaction === "never") return false;
  // Somebody is signed in, and sees nothing of this tab.
  if (failure.code === "provider" && isHidden?.()) return false;
  // A page that has had a token may hold what its user has typed since.
  return interaction === "allowed" || !isPage || isAsked || !hasServed;
}
