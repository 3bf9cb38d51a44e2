/** The token at hand: no wait for a lock, a store or a provider outlasts it. */
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";

const MARGIN_MS = 5000;

/**
 * Settles as the work does, or gives the session at hand 5 s, or a tenth of its token's life, before its token ends; the work
 * goes on. `leftMs` is what the token has now. What `atHand` gives then may be `undefined`: the wait goes on.
 */
export async function orAtHand(
  clock: Clock,
  work: Promise<SessionRecord | undefined>,
  record: SessionRecord,
  leftMs: number,
  atHand: () => SessionRecord | undefined = () => record,
): Promise<SessionRecord | undefined> {
  const token = accessTokenOf(record);
  if (token === undefined || leftMs <= 0) return await work;
  const margin = Math.min(MARGIN_MS, (token.expiresAt - token.obtainedAt) / 10);
  let cancel = () => {};
  const late = new Promise<SessionRecord>((resolve) => {
    cancel = clock.after(Math.max(leftMs - margin, leftMs / 2), () => {
      const serves = atHand();
      if (serves) resolve(serves);
    });
  });
  return await Promise.race([work, late]).finally(() => cancel());
}
