/**
 * When a session is renewed whose access token lacks a required claim: a licence may have been granted since. Once in a while,
 * however often it is asked for.
 */
import type { ClientConfig } from "../options/config.js";
import { missingClaim } from "../options/required-claims.js";
import type { Clock } from "../ports.js";
import { RENEW_AGAIN_MS } from "../session/claim-missing.js";
import type { Session } from "../session/session.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";

export class ClaimRenewal {
  #renewedAt = Number.NEGATIVE_INFINITY;
  #signedInAt = Number.NEGATIVE_INFINITY;
  /** What was seen of the session last. */
  #seen: SessionRecord | undefined;

  constructor(
    private readonly config: Pick<ClientConfig, "requiredClaims">,
    private readonly clock: Clock,
  ) {}

  /** The session, where its access token lacks a claim. */
  lacking(record: SessionRecord | undefined): SessionRecord | undefined {
    const token = accessTokenOf(record)?.token;
    return token !== undefined && missingClaim(token, this.config.requiredClaims) !== undefined ? record : undefined;
  }

  /** Whether it is time to renew the session that lacks one. */
  isDue(lacking: SessionRecord): boolean {
    // Another tab or process has renewed it, and got no better one.
    const isOthers =
      this.#seen?.id === lacking.id && accessTokenOf(this.#seen)?.token !== accessTokenOf(lacking)?.token;
    if (isOthers) this.renewed(lacking);
    this.#seen = lacking;
    return !this.#isRecent(this.#renewedAt);
  }

  /** A renewal has brought what it could: this. */
  renewed(record: SessionRecord): void {
    this.#seen = record;
    this.#renewedAt = this.clock.monotonic();
  }

  /** A person has signed in. */
  signedIn(): void {
    this.#signedInAt = this.clock.monotonic();
  }

  /** Whether a session that lacks one waits for it: to sign in, or to sign in again at once, would bring the same. */
  isAwaited(lacking: SessionRecord, session: Session): boolean {
    const isThere = session.known.record?.id === lacking.id;
    return isThere && (session.timeLeft(lacking) > 0 || this.#isRecent(this.#signedInAt));
  }

  #isRecent(at: number): boolean {
    return this.clock.monotonic() - at < RENEW_AGAIN_MS;
  }
}
