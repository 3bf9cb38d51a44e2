/** The provider's own logout page (OpenID Connect RP-Initiated Logout 1.0), which this page leaves for. */
import type { ProviderSessionResult } from "../client/sign-out-result.js";
import { systemClock } from "../clock.js";
import type { BrowserConfig } from "../options/config.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import { sendLogoutRequest } from "./logout-request.js";
import { cameBack } from "./page.js";
import type { PendingLogins } from "./pending-logins.js";

export async function endSessionInPage(
  config: BrowserConfig,
  pending: PendingLogins,
  request: EndSessionRequest,
  signal: AbortSignal,
): Promise<ProviderSessionResult> {
  signal.throwIfAborted();
  const { parameters, state } = request;
  // So that the page that the person comes back to can take our `state` out of its address.
  if (parameters.has("state")) await pending.add(state, { kind: "logout", owner: "", returnTo: "/" }).catch(() => {});
  signal.throwIfAborted();
  const back = cameBack(signal);
  const unlisten = sendLogoutRequest(request, { name: "_self", open: (url) => location.assign(url) });
  // The page is left here, but for the back button, for a provider that never answers, and for a person who stays (beforeunload):
  // none of them says that the provider's session has ended.
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = systemClock.after(config.requestTimeoutMs, resolve);
  });
  try {
    await Promise.race([back, late]);
    return "asked";
  } finally {
    unlisten();
    cancel();
  }
}
