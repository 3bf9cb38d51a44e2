/** Rule 3: after a sign-out nobody gives a token, opens a login or brings the session back. */
import type { Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Call, Client, Family, Landing } from "../subjects.js";
import { endingsOf } from "./endings.js";
import { isBeyondReach, isStoredAfter, NEVER, type SignOut } from "./reach.js";

/** How long a client leaves a store alone that has failed it, and gives the token in memory. */
const TROUBLE_MS = 5000;

/** Whether the client has read of the sign-out between the two places: the record and the mark, which it asks for side by side. */
function hasSeen({ reads, markReads }: Client, { landedAt }: SignOut, from: number, to: number): boolean {
  return [reads, markReads].every((answers) =>
    answers.some(({ askedAt, at }) => askedAt > landedAt && at > from && at < to),
  );
}

/** Whether the call has brought its token itself, so that its last question was not for the session. */
function isRefreshed(facts: Facts, client: string, { settled, at }: Call): boolean {
  const acted = facts.accesses.get(settled?.token ?? "")?.acted;
  const request = facts.requests.get(acted?.request ?? 0);
  return request?.client === client && request.sentAt > at;
}

/** Whether a read of record and mark was through before the last answer that the client had. */
function hasSeenBeforeLast({ reads, markReads }: Client, landedAt: number, { at: from, settledAt = 0 }: Call): boolean {
  const answers = [...reads, ...markReads].map(({ at }) => at).filter((at) => at < settledAt);
  const last = Math.max(...answers);
  return reads.some(({ askedAt, at }) => {
    const mark = markReads.find((one) => one.askedAt === askedAt + 1);
    return mark !== undefined && askedAt > landedAt && askedAt > from && Math.max(at, mark.at) < last;
  });
}

/** Whether the client may give the token in memory since its store has failed it, or gives no answer. */
function isInTrouble(facts: Facts, { refusals, reads, markReads, event }: Client, place: number): boolean {
  const last = refusals.findLast((at) => at < place);
  if (last === undefined) return false;
  const isSound = [reads, markReads].some((answers) => answers.some(({ askedAt, at }) => askedAt > last && at < place));
  // A call without an answer is given up at its bound.
  return !isSound || facts.time(place) - facts.time(last) <= TROUBLE_MS + event.bounds.storage;
}

/** Where the mark of each call landed first: that of the earliest one which still waited for it. It may land again, late. */
function marksOf(facts: Facts, client: string, calls: readonly Call[]): ReadonlyMap<Call, number> {
  const places = new Map<Call, number>();
  const seen = new Set<string>();
  for (const { mark, at } of facts.marks.filter((one) => one.client === client)) {
    if (seen.has(mark)) continue;
    seen.add(mark);
    const open = calls.filter((call) => call.at < at && !places.has(call));
    const call = open.find(({ settledAt = NEVER }) => settledAt > at) ?? open.at(-1);
    if (call) places.set(call, at);
  }
  return places;
}

function signOutsOf(facts: Facts): SignOut[] {
  return [...facts.clients].flatMap(([client, { calls }]) => {
    const endings = endingsOf({ calls } as Client);
    const marks = marksOf(facts, client, endings);
    return endings.map((call) => {
      const isOfIt = (one: Landing) => one.client === client && one.at > call.at && !one.stored;
      const markedAt = marks.get(call) ?? NEVER;
      const deletedAt = facts.landings.find(isOfIt)?.at ?? NEVER;
      const doneAt = call.settledAt ?? NEVER;
      return { client, call, markedAt, deletedAt, landedAt: Math.min(markedAt, deletedAt), doneAt };
    });
  });
}

/** In the client that signed out: neither what began before, nor what asks nobody, gives the old session's token. */
function checkOwnCalls(facts: Facts, { client, call: signOut, ...ends }: SignOut): Violation[] {
  return facts.client(client).calls.flatMap((call) => {
    const { settled, settledAt = 0 } = call;
    const family = facts.accesses.get(settled?.token ?? "")?.family;
    if (!family || settledAt < signOut.at) return [];
    const isOld = call.at < signOut.at;
    if (!isOld && family.openedAt > signOut.at) return [];
    if (!isOld && isBeyondReach(facts, { client, call: signOut, ...ends }, family)) return [];
    const fault = isOld
      ? "a call from before the sign-out gives a token after it (the same client)"
      : "a call after the sign-out gives a token of a login from before it (the same client)";
    return [{ rule: 3, fault, detail: `${client} gives ${settled?.token}`, index: settledAt }];
  });
}

/** In the client that signed out a login opens only by `signIn()`, or after it has seen somebody else's. */
function checkOwnLogins(facts: Facts, { client, call: signOut, ...ends }: SignOut): Violation[] {
  const { calls, reads } = facts.client(client);
  return facts.events.flatMap((event, at) => {
    if (event.what !== "opens" || event.client !== client || at < signOut.at) return [];
    const isAsked = calls.some((call) => call.event.method === "signIn" && call.at > signOut.at && call.at < at);
    const isNew = (family: Family | undefined) =>
      family !== undefined &&
      (family.openedAt > signOut.at || isBeyondReach(facts, { client, call: signOut, ...ends }, family));
    const hasSeenNew = reads.some((read) => read.at > signOut.at && read.at < at && isNew(facts.familyOf(read.stored)));
    // `destroyTokens()` lets the next call ask again.
    const mayAskAgain =
      signOut.event.method === "destroyTokens" && calls.some((call) => call.at > signOut.at && call.at < at);
    if (isAsked || hasSeenNew || mayAskAgain) return [];
    return [
      {
        rule: 3,
        fault: "a login opens after the sign-out that nobody asked for (the same client)",
        detail: client,
        index: at,
      },
    ];
  });
}

/** Where the client that signed out has deleted this session. */
function deletionOf(facts: Facts, { client, call }: SignOut, family: Family): number {
  const isIt = (one: Landing) =>
    one.client === client && one.at > call.at && !one.stored && facts.familyOf(one.before) === family;
  return facts.landings.find(isIt)?.at ?? NEVER;
}

/**
 * Elsewhere: what has read the store since gives no old token; nor does what was trusted for too long. A login that opened
 * while somebody signed out may have come before or after it.
 */
function checkOtherCalls(facts: Facts, signOut: SignOut): Violation[] {
  const others = [...facts.clients].filter(([name]) => name !== signOut.client);
  return others.flatMap(([name, client]) =>
    client.calls.flatMap((call) => {
      const { settled, settledAt = 0 } = call;
      const family = facts.accesses.get(settled?.token ?? "")?.family;
      if (!family || settledAt < signOut.call.at || family.openedAt > signOut.call.at) return [];
      // A mark says nothing of a session that names none.
      const isNamed = facts.firstLandingOf(family)?.stored?.marks !== undefined;
      const markedAt = isNamed ? signOut.markedAt : NEVER;
      const landedAt = Math.min(markedAt, deletionOf(facts, signOut, family));
      // A refresh asks for the mark alone in the end; what it read of the record while it stored was read again.
      const toldAt = markedAt < NEVER ? markedAt : landedAt;
      if (settledAt < landedAt) return [];
      if (isBeyondReach(facts, signOut, family)) return [];
      const isKnown = isRefreshed(facts, name, call)
        ? hasSeenBeforeLast(client, toldAt, call)
        : hasSeen(client, { ...signOut, landedAt }, call.at, settledAt);
      const isInTime = call.time <= facts.time(landedAt) + client.event.trustMs;
      const isTrusted = isInTime || isInTrouble(facts, client, settledAt);
      if (!isKnown && isTrusted) return [];
      const fault = isKnown
        ? "a call gives a token of before another client's sign-out, although it has read the store since"
        : "a call gives a token of before another client's sign-out, when memory could no longer be trusted";
      return [{ rule: 3, fault, detail: `${name} gives ${settled?.token}`, index: settledAt }];
    }),
  );
}

/** A record of a login from before the sign-out lands after it. */
function checkReturns(facts: Facts, signOut: SignOut): Violation[] {
  // What lands before it is through is deleted with the rest.
  const { call } = signOut;
  return facts.landings.flatMap(({ at, stored, client }) => {
    const family = facts.familyOf(stored);
    // A mark says nothing of a session that names none.
    const landedAt = stored?.marks || !family ? signOut.landedAt : deletionOf(facts, signOut, family);
    if (at < Math.max(signOut.doneAt, landedAt) || !family || family.openedAt > call.at) return [];
    if (isBeyondReach(facts, signOut, family)) return [];
    // Under an older mark it is void for whoever reads it.
    if (stored && facts.isVoid(stored, at)) return [];
    const isLogin = isStoredAfter(facts, family, at - 1);
    const fault = `a sign-out is undone: ${isLogin ? "a login that began before it is stored" : "its session is stored again"}`;
    return [{ rule: 3, fault, detail: `${client} stores session ${family.number}`, index: at }];
  });
}

/** A login opens elsewhere for calls that all began before the sign-out, although the client has seen it. */
function checkOtherLogins(facts: Facts, signOut: SignOut): Violation[] {
  // `destroyTokens()` lets a call open a login as ever.
  if (signOut.call.event.method === "destroyTokens") return [];
  return facts.events.flatMap((event, at) => {
    if (event.what !== "opens" || event.client === signOut.client || at < signOut.markedAt) return [];
    const client = facts.client(event.client);
    const pending = client.calls.filter((call) => call.at < at && (call.settledAt ?? at) >= at && !call.event.never);
    // A call comes when it first reads of marks: what that shows was there before it. A `signIn()` reads last of all.
    // Where the store failed it meanwhile, or another call of the client was reading, nobody knows when that was.
    const beginOf = ({ event: { method }, at: from }: Call) => {
      const isBeside = client.calls.filter((one) => one.at < at && (one.settledAt ?? at) > from).length > 1;
      const isUnsure = method === "signIn" || isBeside || client.refusals.some((place) => place > from && place < at);
      return isUnsure ? NEVER : (client.markReads.find((read) => read.at > from)?.at ?? NEVER);
    };
    const isOld = pending.length > 0 && pending.every((call) => beginOf(call) < signOut.call.at);
    // Another one's mark has taken its place: of two sign-outs at the same time one leaves its mark.
    if (facts.markAt(at) !== facts.markAt(signOut.markedAt + 1)) return [];
    if (!isOld || !hasSeen(client, signOut, 0, at)) return [];
    const fault = "a login opens for a call from before another client's sign-out, which it has seen";
    return [{ rule: 3, fault, detail: event.client, index: at }];
  });
}

/** At the end nothing is left of a session that a client signed out of which still lives. */
function checkRemains(facts: Facts, signOut: SignOut): Violation[] {
  const { client, call } = signOut;
  const end = facts.events.length - 1;
  const stored = facts.storedAt(end);
  const family = facts.familyOf(stored);
  if (!family || facts.goneAt(client) !== undefined || family.createdAt > call.at) return [];
  if (isBeyondReach(facts, signOut, family)) return [];
  return [
    {
      rule: 8,
      fault: "a session that a living client signed out of is still stored at the end",
      detail: client,
      index: end,
    },
  ];
}

export function checkSignOuts(facts: Facts): Violation[] {
  return signOutsOf(facts).flatMap((signOut) => [
    ...checkOwnCalls(facts, signOut),
    ...checkOwnLogins(facts, signOut),
    ...checkOtherCalls(facts, signOut),
    ...checkReturns(facts, signOut),
    ...checkOtherLogins(facts, signOut),
    ...checkRemains(facts, signOut),
  ]);
}
