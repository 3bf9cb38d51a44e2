/** Logins in a window of their own: popup and hidden frame. The windows load when one is needed. */
import { authorizationCodeLogin } from "../client/code-flow.js";
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { ProviderError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import type { Transaction } from "../protocol/authorization.js";
import { needsPerson, providerRequiresPerson } from "../session/login-required.js";
import type { SessionRecord } from "../token-set.js";
import { digest } from "./digest.js";
import type { OpenedPopup } from "./early-popup.js";
import { requireLoginPage, requirePage } from "./page.js";
import type { PendingLogins } from "./pending-logins.js";
import type { AwaitedNote, NoteState } from "./popup.js";
import type { SilentRefusals } from "./silent-refusal.js";

/** Whether the page in a popup finds the session that it could begin where this page looks for it. */
const isShared = ({ storage, noCache }: BrowserConfig) =>
  !noCache && (storage === "indexeddb" || typeof storage === "object");

/**
 * Notes where any window of this origin can read that a state is awaited here, with what the popup needs to finish the login
 * where nobody waits any more. Never rejects: it helps popups that have lost their way back only.
 */
export function noteStates(
  awaited: PendingLogins,
  owner: string,
  more: () => Pick<Parameters<PendingLogins["add"]>[1], "transaction" | "signOuts"> = () => ({}),
): NoteState {
  return async (state): Promise<AwaitedNote> => {
    const entry = { kind: "window" as const, owner, returnTo: "/", ...more() };
    const isNoted = await awaited.add(state, entry).then(
      () => entry.transaction !== undefined,
      () => false,
    );
    return {
      claim: async () => {
        const taken = isNoted ? await awaited.take([state], owner, "window").catch(() => undefined) : undefined;
        return taken === undefined || taken.transaction !== undefined;
      },
      drop: () => {
        awaited.drop(state).catch(() => {});
      },
    };
  };
}

/** Held over the exchange of a code that more than one page may know. */
export const exchangeLock = async (state: string): Promise<string> => `resume.${await digest(state)}`;

/** `popup` is open by now. */
export async function popupLogin(
  config: BrowserConfig,
  awaited: PendingLogins,
  attempt: LoginAttempt,
  popup: OpenedPopup,
): Promise<SessionRecord> {
  const { redirectUri } = requireLoginPage(config);
  popup.take();
  const { FinishedElsewhere, PopupAgent } = await loadPart(() => import("./popup.js")).catch((error: unknown) => {
    popup.window?.close();
    throw error;
  });
  let transaction: Transaction | undefined;
  const keep = (made: Transaction) => {
    transaction = made;
  };
  const more = () => (isShared(config) && transaction ? { transaction, signOuts: attempt.signOuts() } : {});
  const agent = new PopupAgent(redirectUri, popup, noteStates(awaited, attempt.key, more));
  try {
    return await authorizationCodeLogin(agent, attempt, { keep });
  } catch (error) {
    if (!(error instanceof FinishedElsewhere) || transaction === undefined) throw error;
    const adopted = await adoptWhenFinished(config, attempt, transaction);
    if (adopted === undefined) throw error;
    return adopted;
  }
}

/** The popup finishes the login by itself: its session is there when it lets go of the lock. */
async function adoptWhenFinished(
  { loginTimeoutMs: timeoutMs }: BrowserConfig,
  attempt: LoginAttempt,
  { state }: Transaction,
): Promise<SessionRecord | undefined> {
  const { lock, signal } = attempt;
  return await lock.run(await exchangeLock(state), { timeoutMs, signal }, () => attempt.adopt());
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
    const isRefusal = error instanceof ProviderError && needsPerson(error);
    const said = isRefusal ? error.error : agent.unanswered;
    if (said !== undefined) await refusals.remember(attempt.key, said, began);
    if (!isRefusal) throw error;
    throw providerRequiresPerson(
      error,
      "The provider signs nobody in without showing something: nobody is signed in there, or the browser keeps its cookies from a frame",
    );
  }
}
