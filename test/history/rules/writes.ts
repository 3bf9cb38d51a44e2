/** Rule 7: nothing is written over by an older state. */
import type { Stored, Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Landing } from "../subjects.js";
import { endingsOf } from "./endings.js";

/** When the provider made what the record holds: its refresh token, then its access token. */
function ageOf(facts: Facts, { refresh, access }: Stored): readonly [number, number] {
  const made = (token: string | undefined, tokens: Facts["refreshes"]) => tokens.get(token ?? "")?.at ?? 0;
  return [made(refresh, facts.refreshes), made(access, facts.accesses)];
}

function isOlder(facts: Facts, stored: Stored, before: Stored): boolean {
  const [refresh, access] = ageOf(facts, stored);
  const [refreshBefore, accessBefore] = ageOf(facts, before);
  if (refresh !== refreshBefore) return refresh < refreshBefore;
  // Of a lasting refresh token each access token is as good as the other.
  if (facts.refreshes.get(stored.refresh ?? "")?.acted.isOneTime !== true) return false;
  // A record without its access token is a wish of somebody's.
  return stored.access !== undefined && before.access !== undefined && access < accessBefore;
}

/** Two people, or one in two places, signed in at the same time: whichever is stored last. */
function wereSideBySide(facts: Facts, { client, stored, before, at }: Landing): boolean {
  const [family, other] = [facts.familyOf(stored), facts.familyOf(before)];
  if (!family || !other || family === other) return false;
  const request = [...facts.requests.values()].find(({ login }) => login === family.login);
  const answeredAt = request?.answeredAt ?? 0;
  // Who was slow to store it, or stopped, goes on with that.
  const { calls, refusals } = facts.client(client);
  const isUnderWay = calls.some((call) => call.at < answeredAt && (call.settledAt ?? at) >= at);
  const isRefused = refusals.some((place) => place > answeredAt && place < at);
  return isUnderWay || isRefused || other.openedAt < answeredAt;
}

/** A client that has read nothing of the store before its login tells by the wall clocks what came first, and one has jumped. */
function isToldByClock(facts: Facts, { client, stored }: Landing): boolean {
  const createdAt = facts.familyOf(stored)?.createdAt ?? 0;
  const hasRead = facts.client(client).reads.some(({ at }) => at < createdAt);
  return !hasRead && facts.events.some(({ what }) => what === "clock");
}

/** A write to a store elsewhere was under way already when the lease of its lock ended: nothing holds it back. */
function isLateWrite(facts: Facts, { client, at, isLate }: Landing): boolean {
  if (isLate || facts.landings.some((landing) => landing.isLate && landing.at < at)) return true;
  const sentAt = facts.client(client).writes.findLast((write) => write < at);
  return sentAt !== undefined && facts.holds(client, "record", sentAt) && !facts.holds(client, "record", at);
}

/** A session that counts gives way to one that a sign-out has ended already. */
function checkVoidWrites(facts: Facts): Violation[] {
  return facts.landings.flatMap((landing) => {
    const { stored, before, at, client } = landing;
    // A session that names no marks counts for ever, and gives way to any login.
    if (!stored || !before?.marks || !facts.isVoid(stored, at) || facts.isVoid(before, at)) return [];
    // Who signs out deletes it next.
    const isEnding = endingsOf(facts.client(client)).some((call) => call.at < at && (call.settledAt ?? at) >= at);
    if (isEnding || isLateWrite(facts, landing)) return [];
    const detail = `${client} writes ${stored.refresh} over ${before.refresh}`;
    return [{ rule: 7, fault: "what a sign-out has ended is written over a session that counts", detail, index: at }];
  });
}

export function checkWrites(facts: Facts): Violation[] {
  return [...checkVoidWrites(facts), ...checkOlderWrites(facts)];
}

function checkOlderWrites(facts: Facts): Violation[] {
  return facts.landings.flatMap((landing) => {
    const { stored, before, at, client } = landing;
    if (
      !stored ||
      !before ||
      !isOlder(facts, stored, before) ||
      isLateWrite(facts, landing) ||
      isToldByClock(facts, landing) ||
      wereSideBySide(facts, landing)
    )
      return [];
    const detail = `${client} writes ${stored.refresh}/${stored.access} over ${before.refresh}/${before.access}`;
    return [{ rule: 7, fault: "an older state is written over a newer one", detail, index: at }];
  });
}
