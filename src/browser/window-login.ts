/** Logins in a window of their own: popup, and hidden frame. Loaded when one is needed. */
import { LoginRequiredError, ProviderError } from "../errors.js";
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { EarlyWindow, LoginTools } from "../client/platform.js";
import type { BrowserRoom } from "./browser-room.js";
import type { EarlyPopup } from "./early-popup.js";
import { FrameAgent } from "./frame.js";
import { type NoteState, PopupAgent } from "./popup.js";
import { requireLoginPage, requirePage } from "./surroundings.js";

/** OpenID Connect Core 1.0 §3.1.2.6: what a provider says that cannot sign anybody in without showing something. */
const NEEDS_A_PERSON = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/** Notes where any window of this origin can look that a state is waited for here. Never rejects: it helps severed popups only. */
export function noteStates({ waitedFor }: BrowserRoom, owner: string): NoteState {
  return async (state) => {
    await waitedFor.add(state, { kind: "window", owner, returnTo: "/" }).catch(() => {});
    return () => {
      waitedFor.drop(state).catch(() => {});
    };
  };
}

export async function popupLogin(room: BrowserRoom, tools: LoginTools, early: EarlyWindow | undefined): Promise<void> {
  const { redirectUri } = requireLoginPage(room.config);
  const agent = new PopupAgent(redirectUri, early as EarlyPopup | undefined, noteStates(room, tools.key));
  await authorizationCodeLogin(agent, tools);
  await room.keepWarm(tools.server);
}

/** Asks the provider for a login without a person. Rejects with LoginRequiredError where it wants to show something. */
export async function silentLogin(room: BrowserRoom, tools: LoginTools): Promise<boolean> {
  const { config, clock } = room;
  const { redirectUri } = requirePage(config);
  const agent = new FrameAgent(redirectUri, config.silentLoginTimeoutMs, clock);
  try {
    await authorizationCodeLogin(agent, tools, true);
  } catch (error) {
    if (!(error instanceof ProviderError) || !NEEDS_A_PERSON.includes(error.error)) throw error;
    throw new LoginRequiredError(
      "provider_requires_interaction",
      `The provider cannot sign anybody in without showing something (${error.error}): nobody is signed in there, or the ` +
        "browser keeps its cookies from a frame. Sign in by a call that may ask a person.",
    );
  }
  await room.keepWarm(tools.server);
  return true;
}
