/** The provider's own logout page in a popup (OpenID Connect RP-Initiated Logout 1.0): the page stays as it is. */
import type { ProviderSessionResult } from "../client/sign-out-result.js";
import { PopupError } from "../errors.js";
import type { BrowserConfig } from "../options/config.js";
import type { OpenedPopup } from "./early-popup.js";
import type { LogoutTarget } from "./logout-request.js";
import type { PendingLogins } from "./pending-logins.js";
import { PopupAgent } from "./popup.js";
import { noteStates } from "./popup-login.js";

/** A logout request on its way: `send` gives what ends the watch over it. */
interface Sending {
  readonly state: string;
  readonly send: (target: LogoutTarget) => () => void;
}

/** "ended" where the provider has sent the popup back with our `state`; "asked" in whatever other way its visit ends. */
export async function endSessionInPopup(
  config: BrowserConfig,
  awaited: PendingLogins,
  { state, send }: Sending,
  signal: AbortSignal,
  popup: OpenedPopup,
): Promise<ProviderSessionResult> {
  const { window: opened, name } = popup;
  if (opened === null) {
    throw new PopupError(
      "blocked",
      'The browser blocked the popup for the provider\'s sign-out page, whose own session goes on. Sign out in a click, or use loginMode "redirect".',
    );
  }
  const agent = new PopupAgent("", popup, noteStates(awaited, ""));
  let unlisten = () => {};
  try {
    const how = { passesStrangers: false, timeoutMs: config.loginTimeoutMs };
    const end = await agent.show(state, signal, how, (window) => {
      // Listens for the answer, whichever way the request then goes.
      const answer = window.navigate({ url: "about:blank", state });
      unlisten = send({ name, open: (url) => opened.location.replace(url) });
      return answer;
    });
    return end.how === "answered" ? "ended" : "asked";
  } finally {
    unlisten();
    await agent.close();
  }
}
