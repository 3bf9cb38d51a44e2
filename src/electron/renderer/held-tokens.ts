/**
 * The token in the renderer's memory, and the calls that ask the main process for one. What ends or changes the session
 * there clears it at once; an epoch keeps an answer that was under way at that time from bringing the old token back.
 */
import { systemClock } from "../../clock.js";
import { isKeystoneAuthError, LoginRequiredError, ResponseError } from "../../errors.js";
import { type GetTokenOptions, satisfies, type TokenRequest } from "../../options/call.js";
import { TokenMemory } from "../../session/memory.js";
import { SingleFlight } from "../../session/single-flight.js";
import { DEFAULT_TOKEN, type SessionRecord, type TokenSet } from "../../token-set.js";
import type { CallOptions, TokenSetData } from "../messages.js";
import type { MainLine } from "./main-line.js";

/** Main process and renderer have one clock; it may be set while both run. */
const CLOCK_TOLERANCE_MS = 120_000;
/** How long a token is handed out without a word to the main process. */
const TRUSTED_MS = 1000;
/** How often a call asks again because the session changed under it. */
const MOST_ROUNDS = 5;

export class HeldTokens {
  readonly #memory: TokenMemory;
  readonly #flights = new Map<string, SingleFlight<TokenSetData>>();
  #set: TokenSetData | undefined;
  #epoch = 0;
  #checking = false;

  constructor(
    private readonly line: MainLine,
    private readonly closing: AbortSignal,
    minValidityMs: number,
  ) {
    this.#memory = new TokenMemory(systemClock, minValidityMs, CLOCK_TOLERANCE_MS);
  }

  /** The token, within a second after it came or was last checked. */
  hot(): Promise<string> | undefined {
    return this.#memory.hot();
  }

  /** What is held, where it will do. Whether it is still the current one is asked beside. */
  fits(request: TokenRequest): TokenSetData | undefined {
    const { held } = this.#memory;
    if (held === undefined || !satisfies(held.record, request, this.#memory.left())) return undefined;
    this.#memory.trust(TRUSTED_MS);
    void this.#checkCurrent(request);
    return this.#set;
  }

  /** Asks the main process: calls for the same at the same time are one message. */
  async get(request: TokenRequest, interaction: GetTokenOptions["interaction"]): Promise<TokenSetData> {
    const options = callOptions(request, interaction);
    // Who calls in a click must not join one who may not ask a person.
    const key = JSON.stringify([options, hasUserActivation()]);
    const flight = this.#flights.get(key) ?? new SingleFlight<TokenSetData>();
    this.#flights.set(key, flight);
    try {
      return await flight.join(
        (abandoned) => this.#ask(options, AbortSignal.any([abandoned, this.closing])),
        request.signal,
      );
    } finally {
      if (!flight.running && this.#flights.get(key) === flight) this.#flights.delete(key);
    }
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

  /**
   * Asks whether the token is still the current one, so that a sign-out in another program is known here. At most one at a
   * time; memory limits it to one a second.
   */
  async #checkCurrent(request: TokenRequest): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    const epoch = this.#epoch;
    const options = { interaction: "never", minValiditySeconds: request.minValidityMs / 1000 } as const;
    try {
      this.#hold(await this.#fetch(options, this.closing), epoch);
    } catch (error) {
      if (isKeystoneAuthError(error) && isOver(error.code) && epoch === this.#epoch) this.forget();
    } finally {
      this.#checking = false;
    }
  }

  async #ask(options: CallOptions, signal: AbortSignal): Promise<TokenSetData> {
    let asked = options;
    for (let round = 1; round <= MOST_ROUNDS; round += 1) {
      const epoch = this.#epoch;
      const set = await this.#fetch(asked, signal);
      if (this.#hold(set, epoch)) return set;
      // The token is of a session that has ended, or of the user before: what is there now? No person is asked for that.
      const { forceRefresh: _done, ...others } = asked;
      asked = { ...others, interaction: "never" };
    }
    const message = "The session changed again and again while this call waited. Call again.";
    throw new LoginRequiredError("user_changed", message);
  }

  async #fetch(options: CallOptions, signal: AbortSignal): Promise<TokenSetData> {
    const set = (await this.line.call("getTokenSet", options, signal)) as Partial<TokenSetData> | null | undefined;
    if (typeof set?.accessToken === "string" && typeof set.expiresAt === "number") return set as TokenSetData;
    throw new ResponseError("The main process answered something else than a token.");
  }

  /** Holds what a call brought that began in `epoch`. False where the session has changed since. */
  #hold(set: TokenSetData, epoch: number): boolean {
    if (epoch !== this.#epoch) return false;
    this.#set = set;
    this.#memory.hold(recordOf(set), TRUSTED_MS);
    return true;
  }
}

function recordOf({ accessToken: token, tokenType, expiresAt, scopes, audiences }: TokenSetData): SessionRecord {
  const obtainedAt = systemClock.now();
  const accessTokens = { [DEFAULT_TOKEN]: { token, tokenType, expiresAt, scopes, audiences, obtainedAt } };
  return { version: 1, id: "main", issuer: "", clientId: "", accessTokens };
}

/** What says that the main process has no token for this page, in contrast to a fault that will pass. */
const isOver = (code: string) => ["login_required", "configuration", "environment", "aborted"].includes(code);

function hasUserActivation(): boolean {
  const { userActivation } = navigator as { userActivation?: { isActive: boolean } };
  return userActivation?.isActive === true;
}

/** The options of a call as they cross. */
export function callOptions(request: TokenRequest, interaction: GetTokenOptions["interaction"]): CallOptions {
  return {
    minValiditySeconds: request.minValidityMs / 1000,
    ...(interaction && { interaction }),
    ...(request.forceRefresh && { forceRefresh: true }),
    ...(request.refused[0] !== undefined && { rejectedToken: request.refused[0] }),
  };
}

/** A copy: a program may change what it has got. */
export function tokenSetOf(set: TokenSetData): TokenSet {
  return { ...set, expiresAt: new Date(set.expiresAt), scopes: [...set.scopes], audiences: [...set.audiences] };
}
