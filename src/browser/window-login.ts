/** Logins in a window of their own: popup and hidden frame. The windows load when one is needed. */
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { ProviderError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import { needsPerson, providerRequiresPerson } from "../session/login-required.js";
import { onAbort } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { OpenedPopup } from "./early-popup.js";
import { requirePage } from "./page.js";
import type { PendingLogins } from "./pending-logins.js";
import type { SilentRefusals } from "./silent-refusal.js";

/** Loads what a popup needs; it closes where that cannot be had. A login or sign-out has taken it from then on. */
export async function loadFor<T>(popup: OpenedPopup, load: () => Promise<T>): Promise<T> {
  popup.take();
  try {
    return await loadPart(load);
  } catch (error) {
    popup.window?.close();
    throw error;
  }
}

function closeBlank(popup: Window | null): void {
  try {
    if (popup?.location.href === "about:blank") popup.close();
  } catch {
    // It is at the provider.
  }
}

/** The popup opens before anything loads: the click that asked for it may still count. */
export async function popupLogin(
  config: BrowserConfig,
  awaited: PendingLogins,
  attempt: LoginAttempt,
  popup: OpenedPopup,
): Promise<SessionRecord> {
  // While it is blank nobody is at work in it, and nothing else may close it yet: a file or the metadata may be slow.
  const unlisten = onAbort(attempt.signal, () => closeBlank(popup.window));
  try {
    const windows = await loadFor(popup, () => import("./popup-login.js"));
    return await windows.popupLogin(config, awaited, attempt, popup, (agent, keep) =>
      authorizationCodeLogin(agent, attempt, { keep }),
    );
  } finally {
    unlisten();
  }
}

/**
 * Asks the provider for a login without a person. Rejects with LoginRequiredError where it wants to show something, and for
 * some minutes afterwards without asking it again.
 */
export async function silentLogin(
  config: BrowserConfig,
  refusals: SilentRefusals,
  attempt: LoginAttempt,
): Promise<SessionRecord> {
  const { redirectUri } = requirePage(config);
  const remembered = await refusals.recall(attempt.key);
  if (remembered) throw remembered;
  const began = systemClock.now();
  const { FrameAgent } = await loadPart(() => import("./frame.js"));
  const agent = new FrameAgent(redirectUri, config.silentLoginTimeoutMs);
  try {
    return await authorizationCodeLogin(agent, attempt, { silent: true });
  } catch (error) {
    // A hint that the provider cannot check any more, since its keys are new, is refused so.
    const isHintRefused = (told: string) => told === "invalid_request" && attempt.idTokenHint !== undefined;
    const isRefusal = error instanceof ProviderError && (needsPerson(error) || isHintRefused(error.error));
    const said = isRefusal ? error.error : agent.unanswered;
    if (said !== undefined) await refusals.remember(attempt.key, said, began);
    if (!isRefusal) throw error;
    throw providerRequiresPerson(
      error,
      "The provider signs nobody in without showing something: nobody is signed in there, or the browser keeps its cookies from a frame",
    );
  }
}
