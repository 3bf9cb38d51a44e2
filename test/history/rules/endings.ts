/** Rule 1: a session ends by the user's doing, or where the provider ended it; and at the end it is there. */
import type { Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Call, Client, Family, Landing } from "../subjects.js";
import { knownSince } from "./reach.js";

const ENDS = ["signOut", "destroyTokens"];

/** The calls of a client that end a session. */
export const endingsOf = ({ calls }: Client): readonly Call[] =>
  calls.filter(({ event }) => ENDS.includes(event.method));

/** Whether the client has heard that this session is over for the provider, or that it is another person's now. */
function hasHeardEnd(facts: Facts, { client, at, before }: Landing, family: Family): boolean {
  return [...facts.requests.values()].some(({ client: asker, refresh, answeredAt = at, answer, acted }) => {
    // A provider may give the same token to a later login; a newer one of the session may not be stored yet.
    const isOfIt = refresh === before?.refresh || facts.refreshes.get(refresh ?? "")?.family === family;
    const isHeard = isOfIt && asker === client && answeredAt < at;
    return isHeard && (answer === "invalid_grant" || acted?.isForeign === true);
  });
}

/** Whether a call asked for it that was not over when the session's login opened: here, or anywhere with a sign-out. */
function isWanted(facts: Facts, landing: Landing, family: Family): boolean {
  const since = knownSince(facts, family);
  return [...facts.clients.values()].some((client) =>
    endingsOf(client).some(({ at, settledAt = landing.at }) => at < landing.at && settledAt > since),
  );
}

/** A login of this client, which the store has refused, was to take its place, and that session was ended. */
function isReplaced(facts: Facts, landing: Landing, family: Family): boolean {
  const isLater = (one: Family) => one.client === landing.client && one.createdAt > family.createdAt;
  return [...facts.families.values()].some((one) => isLater(one) && hasHeardEnd(facts, landing, one));
}

/** Each deletion of a living session has a reason. */
function checkDeletions(facts: Facts): Violation[] {
  return facts.landings.flatMap((landing) => {
    const { stored, before, at, client, isLate } = landing;
    const family = facts.familyOf(before);
    // A deletion past the lock, which compares nothing, was given up and lands yet.
    if (stored || !family || isLate || isWanted(facts, landing, family) || hasHeardEnd(facts, landing, family))
      return [];
    if (isReplaced(facts, landing, family)) return [];
    // What a mark has made void may be swept.
    if (before && facts.isVoid(before, at)) return [];
    const detail = `${client} deletes session ${family.number}`;
    return [{ rule: 1, fault: "a session is deleted that nobody ended", detail, index: at }];
  });
}

/** Whether somebody signed out, or threw the tokens away, after this place or while it happened. */
const isEndedByUser = (facts: Facts, at: number) =>
  [...facts.clients.values()].some((client) => endingsOf(client).some((call) => (call.settledAt ?? at) >= at));

/** The question at the end finds the session that the store holds. */
function checkLast(facts: Facts): Violation[] {
  const last = [...facts.calls.values()].find(({ event }) => event.isLast);
  if (!last?.settled || last.settledAt === undefined) return [];
  const { failure } = last.settled;
  const family = facts.familyOf(facts.storedAt(last.at));
  const isAlive = family !== undefined && (family.endedAt ?? Number.POSITIVE_INFINITY) > last.at;
  // A provider may give one lasting token to several logins: what ends one ends all.
  const stored = facts.storedAt(last.at);
  const isEndedWith = [...facts.requests.values()].some(
    ({ acted }) =>
      acted?.refresh !== undefined &&
      acted.refresh === stored?.refresh &&
      facts.families.get(acted.family ?? 0)?.endedAt !== undefined,
  );
  if (isEndedWith) return [];
  if (!failure || !isAlive || facts.families.get(family.number)?.why === "reuse") return [];
  const foreign = [...facts.requests.values()].some(({ acted, sentAt }) => acted?.isForeign && sentAt > last.at);
  if (foreign) return [];
  const detail = `${last.event.client} asks for session ${family.number} and gets ${failure.code}`;
  return [{ rule: 1, fault: "the stored session lives, and cannot be used", detail, index: last.settledAt }];
}

/** What a living client was granted is stored at the end, or something later. */
function checkGrants(facts: Facts): Violation[] {
  const last = [...facts.calls.values()].find(({ event }) => event.isLast);
  if (!last) return [];
  const stored = facts.storedAt(last.at);
  const found: Violation[] = [];
  for (const request of facts.requests.values()) {
    const { acted, client, answeredAt, answer, login } = request;
    if (answeredAt === undefined || answeredAt > last.at || answer !== "tokens" || acted?.isForeign) continue;
    const family = facts.families.get(acted?.family ?? 0);
    if (!family || family.endedAt !== undefined || facts.goneAt(client) !== undefined || acted === undefined) continue;
    if (login === undefined && !acted.isOneTime) continue;
    const isReplaced = facts.landings.some(({ at, stored: next }) => at > answeredAt && isLater(facts, next, family));
    if (isReplaced || isEndedByUser(facts, knownSince(facts, family)) || hasFailed(facts, request)) continue;
    if (
      stored?.refresh !== undefined &&
      (facts.refreshes.get(stored.refresh)?.at ?? 0) >= (facts.refreshes.get(acted.refresh ?? "")?.at ?? 0)
    )
      continue;
    const what = login === undefined ? "a refresh" : "a login";
    const detail = `${client} got ${acted.refresh}; the store holds ${stored?.refresh ?? "no session"}`;
    found.push({ rule: 8, fault: `what ${what} brought to a living client is not stored`, detail, index: last.at });
  }
  return found;
}

/** A login whose exchange the client refused begins no session. */
function hasFailed(
  facts: Facts,
  {
    login,
    answeredAt = 0,
    client,
    acted,
  }: { login: number | undefined; answeredAt?: number; client: string; acted?: { access?: string } },
): boolean {
  if (login === undefined) return false;
  const given = facts.events.some(
    (event, at) =>
      at > answeredAt && event.what === "settled" && event.client === client && event.token === acted?.access,
  );
  const isStored = facts.landings.some(({ stored }) => stored?.access === acted?.access);
  return !given && !isStored;
}

/** Whether the record is of a session that began later, or of no session any more. */
function isLater(facts: Facts, stored: Landing["stored"], family: Family): boolean {
  if (stored === undefined) return true;
  const other = facts.familyOf(stored);
  return other !== undefined && other.number !== family.number;
}

export function checkEndings(facts: Facts): Violation[] {
  return [...checkDeletions(facts), ...checkLast(facts), ...checkGrants(facts)];
}
