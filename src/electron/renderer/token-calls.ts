/** Asks the main process for tokens: calls for the same at the same time are one message, and memory is kept in step. */
import { isKeystoneAuthError, LoginRequiredError, ResponseError } from "../../errors.js";
import { SingleFlight } from "../../session/single-flight.js";
import type { GetTokenOptions, TokenRequest } from "../../options/call.js";
import type { CallOptions, TokenSetData } from "../messages.js";
import type { HeldTokens } from "./held-tokens.js";
import type { MainLine } from "./main-line.js";

/** How often a call asks again because the session changed under it. */
const MOST_ROUNDS = 5;

export class TokenCalls {
  readonly #flights = new Map<string, SingleFlight<TokenSetData>>();
  #checking = false;

  constructor(
    private readonly line: MainLine,
    private readonly tokens: HeldTokens,
    private readonly closing: AbortSignal,
  ) {}

  async get(request: TokenRequest, interaction: GetTokenOptions["interaction"]): Promise<TokenSetData> {
    const options: CallOptions = {
      minValiditySeconds: request.minValidityMs / 1000,
      ...(interaction && { interaction }),
      ...(request.forceRefresh && { forceRefresh: true }),
      ...(request.refused[0] !== undefined && { rejectedToken: request.refused[0] }),
    };
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

  /**
   * For calls that memory answers: asks beside them whether the token is still the current one, so that a sign-out in
   * another program is known here. At most one at a time; memory limits it to one a second.
   */
  checkCurrent(request: TokenRequest): void {
    if (this.#checking) return;
    this.#checking = true;
    const epoch = this.tokens.epoch;
    const options = { interaction: "never", minValiditySeconds: request.minValidityMs / 1000 } as const;
    this.line
      .call("getTokenSet", options, this.closing)
      .then(
        (value) => void this.tokens.hold(readTokenSet(value), epoch),
        (error: unknown) => {
          if (isKeystoneAuthError(error) && isOver(error.code) && epoch === this.tokens.epoch) this.tokens.forget();
        },
      )
      .catch(() => {})
      .finally(() => {
        this.#checking = false;
      });
  }

  async #ask(options: CallOptions, signal: AbortSignal): Promise<TokenSetData> {
    let asked = options;
    for (let round = 1; round <= MOST_ROUNDS; round += 1) {
      const { epoch } = this.tokens;
      const set = readTokenSet(await this.line.call("getTokenSet", asked, signal));
      if (this.tokens.hold(set, epoch)) return set;
      // The token is of a session that has ended, or of the user before: what is there now? No person is asked for that.
      const { forceRefresh: _done, ...others } = asked;
      asked = { ...others, interaction: "never" };
    }
    throw new LoginRequiredError(
      "user_changed",
      "The session changed again and again while this call waited. Call again.",
    );
  }
}

function readTokenSet(value: unknown): TokenSetData {
  const set = value as Partial<TokenSetData> | null | undefined;
  if (typeof set?.accessToken === "string" && typeof set.expiresAt === "number") return set as TokenSetData;
  throw new ResponseError("The main process answered something else than a token.");
}

/** What says that the main process has no token for this page, in contrast to a fault that will pass. */
const isOver = (code: string) => ["login_required", "configuration", "environment", "aborted"].includes(code);

function hasUserActivation(): boolean {
  const { userActivation } = navigator as { userActivation?: { isActive: boolean } };
  return userActivation?.isActive === true;
}
