/** Logins that the store told nothing of sign-outs before they opened: one that was just then may have come before or after. */
import type { Facts } from "../facts.js";
import type { Family } from "../subjects.js";

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
