/** Rules 4, 5 and 6: a token given is the right one, what is said of the session is true, and every call settles in time. */
import type { Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Call, Client } from "../subjects.js";
import { endingsOf } from "./endings.js";

/** Whether the token is one that may be given: of the person, with the scopes, and not known to be over. */
function checkToken(facts: Facts, name: string, call: Call): Violation[] {
  const { settled, settledAt = 0 } = call;
  if (settled?.token === undefined) return [];
  const token = facts.accesses.get(settled.token);
  const violation = (fault: string) => [{ rule: 4, fault, detail: `${name} gives ${settled.token}`, index: settledAt }];
  if (!token) return violation("a token is given that the provider never issued");
  const { acted, family } = token;
  if (acted.isForeign) return violation("a token is given whose answer speaks of another person");
  if (acted.isUnproven) return violation("a token is given beside an ID Token that cannot be validated");
  if (settled.person !== undefined && settled.person !== family.person)
    return violation("the claims beside a token are another person's");
  const asked = facts.client(name).event.scopes;
  if (!asked.every((scope) => acted.scopes?.includes(scope)))
    return violation("a token is given without a scope that was asked for");
  if (settled.token === call.event.refused) return violation("the very token is given that was refused");
  return isKnownToBeOver(facts, name, settled.token, settledAt, settled.wall)
    ? violation("a token is given that is known to be expired")
    : [];
}

/** By the clock of the client that gives it, and by what it has read or received itself. */
function isKnownToBeOver(facts: Facts, name: string, access: string, at: number, wall: number): boolean {
  const known = facts.landingOf(access)?.stored?.expiresAt;
  const isOverByWall = known !== undefined && known <= wall;
  const brought = facts.requestFor(access);
  const request = brought?.client === name ? brought : undefined;
  const heldMs = request?.answeredAt === undefined ? 0 : facts.time(at) - facts.time(request.answeredAt);
  return isOverByWall && (request === undefined || heldMs >= (request.acted?.lifetimeMs ?? 0));
}

/** What an error says of the session. */
function checkFailure(facts: Facts, name: string, client: Client, call: Call): Violation[] {
  const { settled, settledAt = 0 } = call;
  const failure = settled?.failure;
  if (!failure) return [];
  const violation = (fault: string) => [
    { rule: 5, fault, detail: `${name}, call ${call.event.call}`, index: settledAt },
  ];
  const { code, reason, sessionKept } = failure;
  if (code.startsWith("foreign")) return violation(`a call fails with an error that is not ours: ${code}`);
  const isEnded = [...facts.clients.values()].some(({ calls }) =>
    calls.some(({ event, at }) => at < settledAt && (event.method === "signOut" || event.method === "destroyTokens")),
  );
  if (reason === "signed_out" && !isEnded) return violation("a call says that somebody signed out, and nobody did");
  const isRefused = [...facts.requests.values()].some(
    ({ answeredAt = settledAt, answer, acted }) =>
      answeredAt < settledAt && (answer === "invalid_grant" || acted?.isForeign),
  );
  if (reason === "refresh_rejected" && !isRefused)
    return violation("a call says that the provider refused, and it did not");
  const stored = facts.storedAt(settledAt);
  if (reason === "no_session" && isThereAllTheTime(facts, client, call))
    return violation("a call says that there is no session, and there was one all the time");
  const family = facts.familyOf(stored);
  const isAlive = family !== undefined && family.endedAt === undefined && family.createdAt < call.at;
  if (sessionKept === false && isAlive && !isEnded && !isRefused)
    return violation("a call says that the session has gone, and it lives");
  // It knows of the end when its program hears of it.
  const removed = facts.events.some(
    (event, at) =>
      event.what === "heard" && event.client === name && event.detail === "ended" && at > call.at && at < settledAt,
  );
  if (
    sessionKept === true &&
    removed &&
    !isEnded &&
    reason !== "no_session" &&
    stored === undefined &&
    code !== "aborted"
  )
    return violation("a call says that the session is kept, and has ended it");
  return [];
}

/** Whether the store held the session from before the call to its end, and the client could read it and has not ended it itself. */
function isThereAllTheTime(facts: Facts, client: Client, { at, settledAt = 0 }: Call): boolean {
  const places = [at, ...facts.landings.map((one) => one.at + 1), ...facts.marks.map((one) => one.at + 1), settledAt];
  const states = places.filter((place) => place >= at && place <= settledAt).map((place) => facts.storedAt(place));
  const couldRead = client.reads.some((read) => read.at > at && read.at < settledAt);
  // What the store has refused counts for the client that asked for it.
  const createdAt = facts.familyOf(facts.storedAt(settledAt))?.createdAt ?? 0;
  const hasEnded = endingsOf(client).some((call) => call.at > createdAt && call.at < settledAt);
  return couldRead && !hasEnded && states.every((stored) => stored?.refresh !== undefined);
}

/** The longest that a call may take: a login, two waits for locks, some requests, each with its calls of the store. */
function longestMs({ event: { bounds } }: Client, call: Call): number {
  const { storage, request, lock, login } = bounds;
  const mayAsk = !call.event.never;
  return (mayAsk ? login : 0) + 3 * lock + 6 * request + 10 * storage;
}

function checkBound(facts: Facts, name: string, client: Client, call: Call): Violation[] {
  const end = facts.events.length - 1;
  const goneAt = client.diedAt ?? client.closedAt;
  if (call.settledAt === undefined && client.diedAt !== undefined) return [];
  const until = call.settledAt ?? goneAt ?? end;
  const tookMs = facts.time(until) - call.time - facts.stoppedMs(name, call.at, until);
  const isLate = tookMs > longestMs(client, call);
  const detail = `${name}, call ${call.event.call} (${call.event.method})`;
  if (call.settledAt === undefined && (isLate || client.closedAt !== undefined))
    return [{ rule: 6, fault: `a call never settles (${call.event.method})`, detail, index: until }];
  return isLate
    ? [{ rule: 6, fault: `a call takes longer than its bound (${call.event.method})`, detail, index: until }]
    : [];
}

export function checkAnswers(facts: Facts): Violation[] {
  const unhandled = facts.unhandled.map(({ at, message }) => ({
    rule: 5,
    fault: "a rejection is handled by nobody",
    detail: message,
    index: at,
  }));
  const calls = [...facts.clients].flatMap(([name, client]) =>
    client.calls.flatMap((call) => [
      ...checkToken(facts, name, call),
      ...checkFailure(facts, name, client, call),
      ...checkBound(facts, name, client, call),
    ]),
  );
  return [...unhandled, ...calls];
}
