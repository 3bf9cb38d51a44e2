/**
 * What the clients of one page know of each other, also those of another copy of this library: whoever leaves the page takes
 * from the others what they are about to do there.
 */
import type { LoginAttempt } from "../client/platform.js";
import { cameBack } from "./page.js";

const PAGE = Symbol.for("keystone-auth.page");

interface PageTurns {
  /** Answers in the address that are being finished. */
  readonly answers: Set<Promise<unknown>>;
  /** How answers have failed, by their digests, for clients like the one that was told. */
  readonly failures: Map<string, unknown>;
  /** Settles when nobody is about to leave. Never rejects. */
  leaving: Promise<unknown>;
}

function turnsOfPage(): PageTurns {
  const page = window as { [PAGE]?: PageTurns };
  page[PAGE] ??= { answers: new Set(), failures: new Map(), leaving: Promise.resolve() };
  return page[PAGE];
}

/** Notes that an answer is being finished: until then nobody leaves. The promise never rejects. */
export function noteAnswer(finishing: Promise<unknown>): void {
  const { answers } = turnsOfPage();
  answers.add(finishing);
  void finishing.then(() => answers.delete(finishing));
}

/** Notes how an answer has failed; `id` names it and the session that it was for. */
export function noteFailure(id: string, failure: unknown): void {
  turnsOfPage().failures.set(id, failure);
}

/** Throws what was noted of that answer. */
export function throwFailure(id: string): void {
  const { failures } = turnsOfPage();
  if (failures.has(id)) throw failures.get(id);
}

/**
 * Leaves the page by `leave` when all answers are finished and nobody else is about to leave. Gives `undefined` where the page
 * was left by another client, and has come back out of the back/forward cache. Who is asked by a person does not wait for
 * others that leave: the page may have stayed, as it does where the address opens a native app.
 */
export async function leaveInTurn<T>(
  { signal, request }: Pick<LoginAttempt, "signal" | "request">,
  leave: () => Promise<T>,
): Promise<T | undefined> {
  signal.throwIfAborted();
  const turns = turnsOfPage();
  const before = request.isAsked ? undefined : turns.leaving;
  const left = new AbortController();
  const abort = () => left.abort(signal.reason);
  signal.addEventListener("abort", abort);
  const wait = async () => {
    await before;
    while (turns.answers.size > 0) await Promise.all(turns.answers);
    return false;
  };
  const turn = (async () => {
    try {
      if (await Promise.race([wait(), cameBack(left.signal).then(() => true)])) return undefined;
    } finally {
      left.abort();
      signal.removeEventListener("abort", abort);
    }
    signal.throwIfAborted();
    return await leave();
  })();
  // Whoever gives up while it waits does not make the next one overtake.
  turns.leaving = Promise.allSettled([before, turn]);
  return await turn;
}
