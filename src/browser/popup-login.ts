/** A login in a popup: the page stays, and the popup can finish the login where the page does not wait for it any more. */
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import type { BrowserConfig } from "../options/config.js";
import type { Transaction } from "../protocol/authorization.js";
import { beforeDeadline } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { OpenedPopup } from "./early-popup.js";
import { exchangeLock } from "./exchange-lock.js";
import type { PendingLogins } from "./pending-logins.js";
import { type AwaitedNote, FinishedElsewhere, type NoteState, PopupAgent } from "./popup.js";

/** A store that answers no sooner must not hold up the login. */
const NOTED_MS = 1000;

/** Never rejects; `undefined` for what fails or takes too long. */
const within = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  beforeDeadline(systemClock, NOTED_MS, () => new Error("late"), work).catch(() => undefined);

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
    const isNoted = await within(async () => {
      await awaited.add(state, entry);
      return entry.transaction !== undefined;
    });
    return {
      claim: async () => {
        const taken = isNoted ? await within(() => awaited.take([state], owner, "window")) : undefined;
        return taken === undefined || taken.transaction !== undefined;
      },
      drop: () => {
        awaited.drop(state).catch(() => {});
      },
    };
  };
}

/** Runs the login over the agent; `keep` is given its transaction. */
export type RunLogin = (agent: PopupAgent, keep: (transaction: Transaction) => void) => Promise<SessionRecord>;

/** `popup` is open by now. */
export async function popupLogin(
  config: BrowserConfig,
  awaited: PendingLogins,
  attempt: LoginAttempt,
  popup: OpenedPopup,
  run: RunLogin,
): Promise<SessionRecord> {
  let transaction: Transaction | undefined;
  const keep = (made: Transaction) => {
    transaction = made;
  };
  const more = () => (isShared(config) && transaction ? { transaction, signOuts: attempt.signOuts() } : {});
  const agent = new PopupAgent(config.redirectUri ?? "", popup, noteStates(awaited, attempt.key, more));
  try {
    return await run(agent, keep);
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
