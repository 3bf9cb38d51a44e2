/** A refresh token that was handed to the command. */
import { isKeystoneAuthError, LoginRequiredError, ProviderError } from "../../errors.js";
import { systemClock } from "../../clock.js";
import { quoted } from "../../options/log.js";
import type { NodeConfig } from "../../options/config.js";
import type { KeyValueStore } from "../../ports.js";
import { decodeRecord } from "../../session/record.js";
import { createMemoryLock } from "../../session/in-memory.js";
import { accessTokenOf, type SessionRecord } from "../../token-set.js";
import { CommandClient } from "../command-run.js";
import { saying } from "../failure.js";
import { RequestLog } from "./request-log.js";
import type { Origin, Renewed } from "./session-import.js";

const USED_UP =
  "Nothing was imported. A token that serves once may be used up all the same: try again, and get another one where it is refused then.";

export class GivenToken implements Origin {
  readonly afterLoss = "A token that serves once is used up by now: get another one.";
  #kept: unknown;
  readonly #log: RequestLog;

  constructor(
    private readonly config: NodeConfig,
    private readonly refreshToken: string,
  ) {
    const { issuer, clientId } = config;
    this.#log = new RequestLog(config.log);
    this.#kept = { version: 1, id: crypto.randomUUID(), issuer, clientId, refreshToken, accessTokens: {} };
  }

  async handOver(signal: AbortSignal, keep: (renewed: Renewed) => Promise<void>): Promise<void> {
    try {
      await keep(await this.#renew(signal));
    } catch (error) {
      // Somebody has signed out meanwhile: what the provider has granted too late does not live on there.
      if (error instanceof LoginRequiredError && error.reason === "signed_out") await this.#revoke();
      throw error;
    }
  }

  /** By a client whose only session is that token: it renews and validates as any other. */
  async #renew(signal: AbortSignal): Promise<Renewed> {
    const client = this.#client();
    const asking = client.getTokenSet({ interaction: "never", minValiditySeconds: 0, signal });
    const fault = await asking.then(
      () => undefined,
      (error: unknown) => error,
    );
    // An answer on its way is waited for, also where this call was given up.
    await client.close();
    const record = this.#record;
    if (record && accessTokenOf(record)) return { record };
    if (record?.refreshToken !== this.refreshToken && record && isKeystoneAuthError(fault))
      return { record, failure: fault };
    throw this.#told(fault);
  }

  async #revoke(): Promise<void> {
    const client = this.#client();
    await client.signOut();
    await client.close();
  }

  get #record(): SessionRecord | undefined {
    const record = decodeRecord(this.#kept, this.config);
    return record instanceof Error ? undefined : record;
  }

  #client(): CommandClient {
    const storage: KeyValueStore = {
      // No mark of a sign-out is kept.
      get: async (key) => (key.endsWith(".out") ? undefined : this.#kept),
      set: async (key, value) => {
        if (!key.endsWith(".out")) this.#kept = value;
      },
      delete: async () => {
        this.#kept = undefined;
      },
      lock: createMemoryLock(systemClock),
    };
    return new CommandClient({ ...this.config, log: this.#log, storage, requiredClaims: {} }, () => {});
  }

  /** The library speaks of a session, and this one is none yet. */
  #told(fault: unknown): unknown {
    const isOver = fault instanceof LoginRequiredError && !fault.sessionKept;
    if (isOver) return refused(this.config);
    return isKeystoneAuthError(fault) && this.#log.isUnanswered(fault) ? saying(fault, USED_UP, true) : fault;
  }
}

/** `then` is what to do, and what became of the place that it was in, as sentences. */
export function refused(
  { clientId, issuer }: NodeConfig,
  what = "this refresh token",
  then = GET_ANOTHER,
): ProviderError {
  const why = "it has ended, was revoked, was used before, or was granted to another client or by another provider";
  const message = `The provider takes ${what} not, or no more: ${why}. Nothing was imported for the client ${quoted(clientId)} at ${issuer}. ${then}`;
  return new ProviderError(message, { error: "invalid_grant" });
}

const GET_ANOTHER = "Get another one, or run: keystone-auth login.";
