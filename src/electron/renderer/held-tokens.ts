/**
 * The token in the renderer's memory. What ends or changes the session in the main process clears it at once; an epoch
 * keeps an answer that was under way at that time from bringing the old token back.
 */
import type { Clock } from "../../ports.js";
import { TokenMemory } from "../../session/memory.js";
import { DEFAULT_TOKEN, type SessionRecord } from "../../token-set.js";
import { satisfies, type TokenRequest } from "../../options/call.js";
import type { TokenSetData } from "../messages.js";

/** Main process and renderer have one clock; it may be set while both run. */
const CLOCK_TOLERANCE_MS = 120_000;
/** How long a token is handed out without a word to the main process. */
const TRUSTED_MS = 1000;

export class HeldTokens {
  readonly #memory: TokenMemory;
  #set: TokenSetData | undefined;
  #epoch = 0;

  constructor(
    private readonly clock: Clock,
    minValidityMs: number,
  ) {
    this.#memory = new TokenMemory(clock, minValidityMs, CLOCK_TOLERANCE_MS);
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The token, within a second after it came or was last checked. */
  hot(): Promise<string> | undefined {
    return this.#memory.hot();
  }

  /** What is held, where it will do. Whether it is still the current one must be asked beside: see `OidcClient`. */
  fits(request: TokenRequest): TokenSetData | undefined {
    const { held } = this.#memory;
    if (held === undefined || !satisfies(held.record, request, this.#memory.left())) return undefined;
    return this.#set;
  }

  /** Opens the next window of trust. */
  trust(): void {
    this.#memory.trust(TRUSTED_MS);
  }

  /** Holds what a call brought that began in `epoch`. False where the session has changed since. */
  hold(set: TokenSetData, epoch: number): boolean {
    if (epoch !== this.#epoch) return false;
    this.#set = set;
    this.#memory.hold(recordOf(set, this.clock.now()), TRUSTED_MS);
    return true;
  }

  /** The session is another one, or none: nothing that is under way may be held. */
  forget(): void {
    this.#epoch += 1;
    this.drop();
  }

  /** The token is no longer the current one. */
  drop(): void {
    this.#set = undefined;
    this.#memory.drop();
  }
}

function recordOf(set: TokenSetData, now: number): SessionRecord {
  const { accessToken: token, tokenType, expiresAt, scopes, audiences } = set;
  const accessTokens = { [DEFAULT_TOKEN]: { token, tokenType, expiresAt, scopes, audiences, obtainedAt: now } };
  return { version: 1, id: "main", issuer: "", clientId: "", accessTokens };
}
