/** Which logins a sign-out can reach, and which it cannot. */
import type { Facts } from "../facts.js";
import type { Call, Family } from "../subjects.js";

/** A call that ended the session: where it began and settled, and where the store took its mark, its deletion, the first of the two. */
export interface SignOut {
  readonly client: string;
  readonly call: Call;
  readonly markedAt: number;
  readonly deletedAt: number;
  readonly landedAt: number;
  readonly doneAt: number;
}

export const NEVER = Number.POSITIVE_INFINITY;

/** Whether the store told nothing of sign-outs before the login opened: one that was just then may have come before or after. */
export function isBlind(facts: Facts, { client, openedAt }: Family): boolean {
  const { refusals, markReads } = facts.client(client);
  const refusedAt = refusals.findLast((at) => at < openedAt);
  return refusedAt !== undefined && !markReads.some(({ at }) => at > refusedAt && at < openedAt);
}

/** The place from which on a sign-out counts as later than the login: where it opened, or where its client last heard of marks. */
export function knownSince(facts: Facts, family: Family): number {
  if (!isBlind(facts, family)) return family.openedAt;
  const { markReads } = facts.client(family.client);
  return markReads.findLast(({ at }) => at < family.openedAt)?.askedAt ?? 0;
}

/** Whether the session was stored for the first time after this place. */
export const isStoredAfter = (facts: Facts, family: Family, place: number): boolean =>
  (facts.firstLandingOf(family)?.at ?? NEVER) > place;

/** Whether the store has taken the session and said that it did not: its client stores it again where it finds none. */
function isUntold(facts: Facts, family: Family): boolean {
  const landedAt = facts.firstLandingOf(family)?.at ?? NEVER;
  const { refusals, reads } = facts.client(family.client);
  const refusedAt = refusals.find((at) => at > landedAt);
  return refusedAt !== undefined && !reads.some(({ askedAt, at }) => askedAt > landedAt && at < refusedAt);
}

/** Whether the mark of an earlier sign-out has landed late, over this one, before the login was stored. */
function isReplaced(facts: Facts, markedAt: number, family: Family): boolean {
  const { mark } = facts.marks.find(({ at }) => at === markedAt) ?? {};
  const there = facts.markAt(facts.firstLandingOf(family)?.at ?? NEVER);
  return there !== mark && facts.marks.some((one) => one.mark === there && one.at < markedAt);
}

/**
 * Whether the sign-out could not reach this login, which was under way: the store refused its mark, of which the caller was
 * told or the deletion alone landed; or the login began while its client could read no mark, and names none.
 */
export function isBeyondReach(
  facts: Facts,
  { client, markedAt, deletedAt, landedAt, doneAt }: SignOut,
  family: Family,
): boolean {
  const { reads, markReads, refusals } = facts.client(client);
  const isMarked = markedAt <= doneAt;
  // A mark says nothing of what names none.
  if (isMarked && isBlind(facts, family)) return isStoredAfter(facts, family, landedAt);
  if (isMarked) return isStoredAfter(facts, family, markedAt) && isReplaced(facts, markedAt, family);
  if (landedAt <= doneAt) return isStoredAfter(facts, family, deletedAt) || isUntold(facts, family);
  if (isUntold(facts, family)) return true;
  // Nothing of it could be done, its caller was told, and only what it had found is tried again.
  const triedAt = refusals.findLast((at) => at < doneAt) ?? doneAt;
  const hasFoundIt = reads.some((read) => {
    const mark = markReads.find(({ askedAt }) => askedAt === read.askedAt + 1);
    return mark && Math.max(mark.at, read.at) < triedAt && facts.familyOf(read.stored) === family;
  });
  return !hasFoundIt || facts.goneAt(client) !== undefined;
}
