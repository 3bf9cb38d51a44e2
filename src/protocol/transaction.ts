/** A pending authorization request: what must still be known when its response comes (RFC 6749 §4.1, RFC 7636 §4.1). */

/** How long a response is waited for at the most; at most 50 are pending at once. */
export const TRANSACTION_LIFETIME_MS = 15 * 60_000;
export const MOST_TRANSACTIONS = 50;

export interface Transaction {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  /** Wall time in milliseconds. */
  readonly createdAt: number;
  /** What `max_age` was sent, in seconds: the ID Token's `auth_time` is held against it. */
  readonly maxAgeSeconds?: number;
}

/** Whether the response came too late, or the clock has gone so far back that this cannot be told. */
export function isExpired(transaction: { readonly createdAt: number }, now: number): boolean {
  const age = now - transaction.createdAt;
  return age > TRANSACTION_LIFETIME_MS || age < -TRANSACTION_LIFETIME_MS;
}
