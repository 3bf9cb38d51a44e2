/** The token at hand: no wait for a lock, a store or a provider outlasts it. */
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord, type StoredAccessToken } from "../token-set.js";

const MARGIN_MS = 5000;

/** What the token at hand has now, in milliseconds, and how long the call has waited, and will wait after it. */
export interface Waiting {
  readonly leftMs: number;
  readonly waitedMs?: number;
  readonly thenMs?: number;
}

const marginOf = ({ obtainedAt, expiresAt }: StoredAccessToken) => Math.min(MARGIN_MS, (expiresAt - obtainedAt) / 10);

/** How long the store may still be asked for a sign-out, before the token at hand is given. */
export const askingMs = (record: SessionRecord, longestMs: number): number => {
  const token = accessTokenOf(record);
  return token ? Math.min(longestMs, marginOf(token) / 2) : longestMs;
};

/**
 * Settles as the work does, or gives the session at hand 5 s, or a tenth of its token's life, before its token ends, and
 * halfway where it ends sooner; the work goes on. What `atHand` gives then may be `undefined`: the wait goes on.
 */
export async function orAtHand(
  clock: Clock,
  work: Promise<SessionRecord | undefined>,
  record: SessionRecord,
  { leftMs, waitedMs = 0, thenMs = 0 }: Waiting,
  atHand: () => SessionRecord | undefined = () => record,
): Promise<SessionRecord | undefined> {
  const token = accessTokenOf(record);
  if (token === undefined || leftMs <= 0) return await work;
  const wholeMs = waitedMs + leftMs;
  const longestMs = Math.max(wholeMs - marginOf(token), wholeMs / 2) - waitedMs - thenMs;
  let cancel = () => {};
  const late = new Promise<SessionRecord>((resolve) => {
    cancel = clock.after(Math.max(longestMs, 0), () => {
      const serves = atHand();
      if (serves) resolve(serves);
    });
  });
  return await Promise.race([work, late]).finally(() => cancel());
}
