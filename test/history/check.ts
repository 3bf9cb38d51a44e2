/**
 * Judges a history, wherever it comes from: the simulation, processes under load, tabs.
 *
 * 1. A session ends by the user's doing, or where the provider ended it for a reason of its own.
 * 2. A one-time refresh token is sent once, a lasting one by one party at a time.
 * 3. After a sign-out nobody gives a token, opens a login or brings the session back.
 * 4. A token handed out belongs to the person and the scopes asked, and was not known to be expired.
 * 5. What a call said of the session is true.
 * 6. Every call settles in its bound.
 * 7. Nothing is written over by an older state.
 * 8. A refused write lands when the store is well again.
 */
import type { Event, Violation } from "./events.js";
import { Facts } from "./facts.js";
import { checkAnswers } from "./rules/answers.js";
import { checkEndings } from "./rules/endings.js";
import { checkRefreshTokens } from "./rules/refresh-tokens.js";
import { checkSignOuts } from "./rules/sign-outs.js";
import { checkWrites } from "./rules/writes.js";

type Check = (facts: Facts) => Violation[];

/** The rules, with the kinds of events without which they would have to guess. */
const RULES: readonly (readonly [Check, readonly Event["what"][]])[] = [
  [checkRefreshTokens, ["sent", "acted", "answered", "lost", "givenUp", "crash"]],
  [checkEndings, ["landed", "call", "ended"]],
  [checkSignOuts, ["landed", "marked", "read", "readMark", "call", "opens"]],
  [checkAnswers, ["acted", "call", "settled"]],
  [checkWrites, ["landed", "marked"]],
];

/** What only those need whose locks are leases: nobody else is displaced while it lives. */
const OF_LEASES: readonly Event["what"][] = ["locked", "unlocked", "displaced", "writes"];

/** All violations, the first one in the history first. Rules that ask for what the history has not seen are left out. */
export function checkHistory(events: readonly Event[]): Violation[] {
  const facts = new Facts(events);
  const hasLeases = [...facts.clients.values()].some(({ event }) => event.kind === "fleet");
  const found = RULES.flatMap(([check, kinds]) => {
    const needed = hasLeases ? [...kinds, ...OF_LEASES] : kinds;
    return needed.some((kind) => facts.unseen.has(kind)) ? [] : check(facts);
  });
  return found.sort((a, b) => a.index - b.index);
}
