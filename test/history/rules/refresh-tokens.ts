/** Rules 1 and 2: a one-time refresh token is sent once, a lasting one by one party at a time; reuse of ours ends nothing. */
import type { Violation } from "../events.js";
import type { Facts } from "../facts.js";
import type { Request } from "../subjects.js";

/** Whether the answer to `first` may have been lost for the session by the time of `at`, through no fault of ours. */
function mayBeLost(facts: Facts, first: Request, at: number): boolean {
  const { client, answeredAt, answer, lostAt, acted } = first;
  if (lostAt !== undefined && lostAt < at) return true;
  // A store without an atomic step has taken an old write long after it was given up, under a lease that was over.
  if (facts.landings.some((landing) => landing.isLate && landing.at < at)) return true;
  // A lease ends while its holder is stopped: whoever comes next cannot know what it has sent.
  if (facts.hasLost(client, "refresh", first.sentAt, at) && facts.wasStopped(client, first.sentAt, at)) return true;
  const goneAt = facts.goneAt(client);
  const isGone = goneAt !== undefined && goneAt < at;
  if (answeredAt === undefined || answeredAt > at) return isGone;
  // Nothing was spent, or an answer of somebody else's hides what was.
  if (answer !== "tokens") return true;
  return isGone && !facts.landings.some((landing) => landing.at < goneAt && landing.stored?.refresh === acted?.refresh);
}

function isStillOut({ answeredAt, lostAt }: Request, at: number): boolean {
  return Math.min(answeredAt ?? at, lostAt ?? at) >= at;
}

export function checkRefreshTokens(facts: Facts): Violation[] {
  const found: Violation[] = [];
  const sent = new Map<string, Request[]>();
  for (const request of facts.requests.values()) {
    const { refresh, sentAt } = request;
    if (refresh === undefined) continue;
    const before = sent.get(refresh) ?? [];
    const token = facts.refreshes.get(refresh);
    const endedAt = token?.family.endedAt ?? Number.POSITIVE_INFINITY;
    // A session that has ended refuses the token as often as it comes.
    if (token && endedAt > sentAt) found.push(...judge(facts, request, before, token.acted.isOneTime === true));
    sent.set(refresh, [...before, request]);
  }
  return found;
}

function judge(facts: Facts, request: Request, before: readonly Request[], isOneTime: boolean): Violation[] {
  const { sentAt, refresh, client } = request;
  const first = before.find((other) =>
    isOneTime ? !mayBeLost(facts, other, sentAt) : isStillOut(other, sentAt) && !mayBeLost(facts, other, sentAt),
  );
  if (!first) return [];
  const ended = facts.events.slice(sentAt).find((event) => event.what === "ended" && event.why === "reuse");
  const wasAnswered = first.answeredAt !== undefined && first.answeredAt < sentAt;
  const how = wasAnswered ? "its answer had come" : "its answer was still to come";
  const kind = isOneTime
    ? "a one-time refresh token is sent again, although"
    : "a lasting refresh token is sent by two parties;";
  const whose = first.client === client ? "of the same client" : "of another client";
  return [
    {
      rule: ended && isOneTime ? 1 : 2,
      fault: `${kind} ${how} (${whose})${ended && isOneTime ? ", and the session ends by it" : ""}`,
      detail: `${client} sends ${refresh} after ${first.client} did`,
      index: sentAt,
    },
  ];
}
