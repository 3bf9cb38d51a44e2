/** Rule 3: after a sign-out nobody gives a token, opens a login or brings the session back. */
import type { Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Call, Client, Family } from "../subjects.js";
import { endingsOf } from "./endings.js";

/** A call that ended the session: where it began, and where the store took its mark, its deletion, the first of the two. */
interface SignOut {
  readonly client: string;
  readonly call: Call;
  readonly markedAt: number;
  readonly deletedAt: number;
  readonly landedAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** `destroyTokens()` ends what is stored, and no login that is under way elsewhere. */
const isMarked = ({ event }: Call) => event.method === "signOut";

/** Whether the client has read of the sign-out between the two places: the record and the mark, which it asks for side by side. */
function hasSeen({ reads, markReads }: Client, { landedAt }: SignOut, from: number, to: number): boolean {
  return [reads, markReads].every((answers) =>
    answers.some(({ askedAt, at }) => askedAt > landedAt && at > from && at < to),
  );
}

/** Whether the session was stored for the first time after this place. */
function isStoredAfter(facts: Facts, family: Family, place: number): boolean {
  const first = facts.landings.find(({ stored }) => facts.familyOf(stored) === family);
  return (first?.at ?? NEVER) > place;
}

function signOutsOf(facts: Facts): SignOut[] {
  return [...facts.clients].flatMap(([client, { calls }]) =>
    endingsOf({ calls } as Client).map((call) => {
      const isOfIt = (one: { readonly client: string; readonly at: number }) =>
        one.client === client && one.at > call.at;
      const markedAt = isMarked(call) ? (facts.marks.find(isOfIt)?.at ?? NEVER) : NEVER;
      const deletedAt = facts.landings.find((one) => isOfIt(one) && !one.stored)?.at ?? NEVER;
      return { client, call, markedAt, deletedAt, landedAt: Math.min(markedAt, deletedAt) };
    }),
  );
}

/** In the client that signed out: neither what began before, nor what asks nobody, gives the old session's token. */
function checkOwnCalls(facts: Facts, { client, call: signOut }: SignOut): Violation[] {
  return facts.client(client).calls.flatMap((call) => {
    const { settled, settledAt = 0 } = call;
    const family = facts.accesses.get(settled?.token ?? "")?.family;
    if (!family || settledAt < signOut.at) return [];
    const isOld = call.at < signOut.at;
    if (!isOld && family.openedAt > signOut.at) return [];
    const fault = isOld
      ? "a call from before the sign-out gives a token after it (the same client)"
      : "a call after the sign-out gives a token of a login from before it (the same client)";
    return [{ rule: 3, fault, detail: `${client} gives ${settled?.token}`, index: settledAt }];
  });
}

/** In the client that signed out a login opens only by `signIn()`, or after it has seen somebody else's. */
function checkOwnLogins(facts: Facts, { client, call: signOut }: SignOut): Violation[] {
  const { calls, reads } = facts.client(client);
  return facts.events.flatMap((event, at) => {
    if (event.what !== "opens" || event.client !== client || at < signOut.at) return [];
    const isAsked = calls.some((call) => call.event.method === "signIn" && call.at > signOut.at && call.at < at);
    const isNew = (family: Family | undefined) => family !== undefined && family.openedAt > signOut.at;
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

/**
 * Elsewhere: what has read the store since gives no old token; nor does what was trusted for too long. A login that opened
 * while somebody signed out may have come before or after it.
 */
function checkOtherCalls(facts: Facts, signOut: SignOut): Violation[] {
  const others = [...facts.clients].filter(([name]) => name !== signOut.client);
  return others.flatMap(([name, client]) =>
    client.calls.flatMap((call) => {
      const { settled, settledAt = 0 } = call;
      const { landedAt } = signOut;
      const family = facts.accesses.get(settled?.token ?? "")?.family;
      if (!family || settledAt < landedAt || family.openedAt > signOut.call.at) return [];
      // A login that goes on elsewhere is not ended by a deletion alone.
      if (!isMarked(signOut.call) && isStoredAfter(facts, family, landedAt)) return [];
      const isKnown = hasSeen(client, signOut, call.at, settledAt);
      const isTrusted = call.time <= facts.time(landedAt) + client.event.trustMs;
      if (!isKnown && isTrusted) return [];
      const fault = isKnown
        ? "a call gives a token of before another client's sign-out, although it has read the store since"
        : "a call gives a token of before another client's sign-out, when memory could no longer be trusted";
      return [{ rule: 3, fault, detail: `${name} gives ${settled?.token}`, index: settledAt }];
    }),
  );
}

/** A record of a login from before the sign-out lands after it. */
function checkReturns(facts: Facts, { markedAt, deletedAt, call }: SignOut): Violation[] {
  // What lands between the two is deleted with the rest.
  const landedAt = deletedAt === NEVER ? markedAt : deletedAt;
  return facts.landings.flatMap(({ at, stored, client }) => {
    const family = facts.familyOf(stored);
    if (at < landedAt || !family || family.openedAt > call.at) return [];
    // Under an older mark it is void for whoever reads it.
    if (stored && facts.isVoid(stored, at)) return [];
    const isLogin = isStoredAfter(facts, family, at - 1);
    if (!isMarked(call) && isStoredAfter(facts, family, landedAt)) return [];
    const fault = `a sign-out is undone: ${isLogin ? "a login that began before it is stored" : "its session is stored again"}`;
    return [{ rule: 3, fault, detail: `${client} stores session ${family.number}`, index: at }];
  });
}

/** A login opens elsewhere for calls that all began before the sign-out, although the client has seen it. */
function checkOtherLogins(facts: Facts, signOut: SignOut): Violation[] {
  if (!isMarked(signOut.call)) return [];
  return facts.events.flatMap((event, at) => {
    if (event.what !== "opens" || event.client === signOut.client || at < signOut.landedAt) return [];
    const client = facts.client(event.client);
    const pending = client.calls.filter((call) => call.at < at && (call.settledAt ?? at) >= at && !call.event.never);
    const isOld = pending.length > 0 && pending.every((call) => call.at < signOut.call.at);
    if (!isOld || !hasSeen(client, signOut, 0, at)) return [];
    const fault = "a login opens for a call from before another client's sign-out, which it has seen";
    return [{ rule: 3, fault, detail: event.client, index: at }];
  });
}

/** At the end nothing is left of a session that a client signed out of which still lives. */
function checkRemains(facts: Facts, { client, call }: SignOut): Violation[] {
  const end = facts.events.length - 1;
  const stored = facts.storedAt(end);
  const family = facts.familyOf(stored);
  if (!family || facts.goneAt(client) !== undefined || family.createdAt > call.at) return [];
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
