/** Logins in a window of their own, popup and hidden frame, and the sign-out in a popup. The windows load when one is needed. */
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { EarlyPopup, LoginAttempt, ProviderSessionResult } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { PopupError, ProviderError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import { type EndSessionRequest, endSessionUrl } from "../protocol/sign-out.js";
import { needsPerson, providerRequiresPerson } from "../session/login-required.js";
import type { SessionRecord } from "../token-set.js";
import { type OpenedPopup, openPopup } from "./early-popup.js";
import { isTooLong, submitForm } from "./logout.js";
import { requireLoginPage, requirePage } from "./page.js";
import type { PendingLogins } from "./pending-logins.js";
import type { NoteState, PopupAgent } from "./popup.js";

/** Notes where any window of this origin can read that a state is awaited here. Never rejects: it helps severed popups only. */
function noteStates(awaited: PendingLogins, owner: string): NoteState {
  return async (state) => {
    await awaited.add(state, { kind: "window", owner, returnTo: "/" }).catch(() => {});
    return () => {
      awaited.drop(state).catch(() => {});
    };
  };
}

/** The popup opens before anything loads: the click that asked for it may still count. */
async function popupAgent(redirectUri: string, popup: EarlyPopup | undefined, note: NoteState): Promise<PopupAgent> {
  const opened = (popup as OpenedPopup | undefined) ?? openPopup();
  opened.take();
  try {
    const { PopupAgent } = await loadPart(() => import("./popup.js"));
    return new PopupAgent(redirectUri, opened, note);
  } catch (error) {
    opened.window?.close();
    throw error;
  }
}

export async function popupLogin(
  config: BrowserConfig,
  awaited: PendingLogins,
  attempt: LoginAttempt,
  popup: EarlyPopup | undefined,
): Promise<SessionRecord> {
  const { redirectUri } = requireLoginPage(config);
  const agent = await popupAgent(redirectUri, popup, noteStates(awaited, attempt.key));
  return await authorizationCodeLogin(agent, attempt);
}

/** Asks the provider for a login without a person. Rejects with LoginRequiredError where it wants to show something. */
export async function silentLogin(config: BrowserConfig, attempt: LoginAttempt): Promise<SessionRecord> {
  const { redirectUri } = requirePage(config);
  const { FrameAgent } = await loadPart(() => import("./frame.js"));
  const agent = new FrameAgent(redirectUri, config.silentLoginTimeoutMs, systemClock);
  try {
    return await authorizationCodeLogin(agent, attempt, true);
  } catch (error) {
    if (!(error instanceof ProviderError) || !needsPerson(error)) throw error;
    throw providerRequiresPerson(
      error,
      "The provider signs nobody in without showing something: nobody is signed in there, or the browser keeps its cookies from a frame",
    );
  }
}

/** Shows the provider's logout page in a popup (OpenID Connect RP-Initiated Logout 1.0). */
export async function endSessionInPopup(
  config: BrowserConfig,
  awaited: PendingLogins,
  request: EndSessionRequest,
  signal: AbortSignal,
  popup: EarlyPopup | undefined,
): Promise<ProviderSessionResult> {
  const agent = await popupAgent("", popup, noteStates(awaited, ""));
  const { state } = request;
  const cancel = systemClock.after(config.loginTimeoutMs, () => void agent.close());
  try {
    await agent.prepare(signal);
    await agent.show(state, signal, (opened) => {
      const url = endSessionUrl(request);
      if (!isTooLong(url)) return opened.navigate({ url, state });
      const answer = opened.navigate({ url: "about:blank", state });
      submitForm(request, agent.target);
      return answer;
    });
    return "ended";
  } catch (error) {
    // The page was shown; a person who closes it has seen it, and many providers send nobody back.
    if (error instanceof PopupError && error.kind === "closed") return "ended";
    throw error;
  } finally {
    cancel();
    await agent.close();
  }
}
