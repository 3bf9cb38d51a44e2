/** What a program sees of its session without asking: `client.session`, which changes together with the events. */
import type { EventHub, SessionEvent } from "../events.js";
import { accessTokenOf, claimsOf, type IdTokenClaims, type SessionRecord } from "../token-set.js";

/** The session as far as this client knows it. One object until it changes. */
export interface SessionState {
  /**
   * `unknown`: the store was not read yet. `signed_in`: there is a refresh token, or an access token with time left.
   * `user_changed`: the store holds another person's session than the one whose tokens this client has given.
   */
  readonly status: "unknown" | "signed_in" | "signed_out" | "user_changed";
  /** The person at the provider: the ID Token's `sub`. */
  readonly subject?: string;
  /** Those of the ID Token. */
  readonly claims?: IdTokenClaims;
  /** When the access token ends. */
  readonly expiresAt?: Date;
  /** When the session ends at the latest, where the provider says so (`refresh_token_expires_in`). */
  readonly endsAt?: Date;
}

const only = (status: SessionState["status"]): SessionState => Object.freeze({ status });
const UNKNOWN = only("unknown");

/** What has become of the session: its record where there is one that serves, and why. */
export interface Change {
  readonly record: SessionRecord | undefined;
  readonly isAnothers?: boolean;
  readonly reason: SessionEvent["reason"];
}

export class PublishedSession {
  #state = UNKNOWN;
  /** The sign-outs of this client that are not through. */
  #held = 0;
  readonly #waiting: Change[] = [];

  constructor(readonly events: EventHub) {}

  get state(): SessionState {
    return this.#state;
  }

  /** Changes what the program sees, and tells it in the same turn. */
  publish(change: Change): void {
    // Somebody who signs in meanwhile is not shown as the one who has signed out.
    if (change.record ?? change.isAnothers) for (const waiting of this.#waiting.splice(0)) this.#publish(waiting);
    else if (this.#held > 0) return void this.#waiting.push(change);
    this.#publish(change);
  }

  /**
   * Holds news back until what this gives is called: while a client signs out, a listener that reloads the page would cut off the
   * requests to the provider.
   */
  hold(): () => void {
    this.#held += 1;
    return () => {
      this.#held -= 1;
      if (this.#held === 0) for (const change of this.#waiting.splice(0)) this.#publish(change);
    };
  }

  #publish({ record, isAnothers, reason }: Change): void {
    this.#state = isAnothers ? only("user_changed") : record ? stateOf(record) : only("signed_out");
    this.events.emit("session", { reason });
  }
}

function stateOf(record: SessionRecord): SessionState {
  const claims = claimsOf(record.idToken);
  const { subject = claims?.sub, endsAt } = record;
  const expiresAt = accessTokenOf(record)?.expiresAt;
  return Object.freeze({
    status: "signed_in",
    ...(subject !== undefined && { subject }),
    ...(claims && { claims: Object.freeze(claims) }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    ...(endsAt !== undefined && { endsAt: new Date(endsAt) }),
  });
}
