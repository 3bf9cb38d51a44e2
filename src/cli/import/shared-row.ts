/**
 * The session in the row of a shared database. It is renewed where it is, so that the row holds what the provider has granted
 * until it is stored here too. Then a refresh token that serves once leaves the row: of two who have it, the second one to send
 * it would end the session of both.
 */
import { isKeystoneAuthError, LoginRequiredError, StorageError, TokenValidationError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { readLiveRecord } from "../../node/live-record.js";
import type { OpenedStore, RecordStore } from "../../ports.js";
import { decodeRecord, sameSession } from "../../session/record.js";
import { accessTokenOf, type SessionRecord } from "../../token-set.js";
import { CommandClient } from "../command-run.js";
import { saying, SignInForbidden } from "../failure.js";
import { openDatabase } from "../stored-session.js";
import { refused } from "./given-token.js";
import { RequestLog } from "./request-log.js";
import type { Origin, Renewed } from "./session-import.js";

/** A row that others renew again and again while it is taken. */
const MOST_ATTEMPTS = 3;

const USED_UP =
  "Its refresh token may be used up all the same, where it serves once: try again, and sign in where it is refused then.";

export class SharedRow implements Origin {
  readonly afterLoss: string;
  /** Whether the row has lost its refresh token. */
  isTaken = false;
  readonly #config: NodeConfig;
  readonly #log: RequestLog;

  /** `onTake` is called before the row loses its refresh token. */
  constructor(
    config: NodeConfig,
    private readonly path: string,
    private readonly onTake = () => {},
  ) {
    this.afterLoss = `It is in ${path} for all who share that: nothing is lost.`;
    this.#log = new RequestLog(config.log);
    this.#config = { ...config, log: this.#log, storage: "shared-database", sharedDatabase: path, requiredClaims: {} };
  }

  async handOver(signal: AbortSignal, keep: (renewed: Renewed) => Promise<void>): Promise<void> {
    const opened = await openDatabase(this.#config);
    if (opened instanceof StorageError) throw opened;
    if ((await this.#read(opened))?.refreshToken === undefined) throw this.#nothingThere();
    await this.#renew(opened, signal);
    const timeoutMs = this.#config.lockTimeoutMs;
    await opened.lock.run(`refresh.${opened.key}`, { timeoutMs, signal }, () => this.#move(opened, keep));
  }

  /** As any client does, but that it ends nothing: the row's access token serves the programs that share it until its end. */
  async #renew(opened: OpenedStore, signal: AbortSignal): Promise<void> {
    const client = new CommandClient(this.#config, () => {}, undefined, endingNothing(opened));
    try {
      await client.getTokenSet({ interaction: "never", minValiditySeconds: 0, forceRefresh: true, signal });
    } catch (error) {
      throw this.#told(error);
    } finally {
      // Waits for an answer on its way, and for its write.
      await client.close();
    }
  }

  #told(fault: unknown): unknown {
    const stays = `The session in ${this.path} stays as it is, and serves the programs that share it until its access token ends.`;
    if (fault instanceof LoginRequiredError && fault.reason === "refresh_rejected")
      return refused(this.#config, `the refresh token in ${this.path}`, `${stays} Run: keystone-auth login.`);
    if (fault instanceof LoginRequiredError && fault.reason === "user_changed")
      return new TokenValidationError(
        "sub",
        `The answer speaks of another person than the session in ${this.path}. Nothing was imported. ${stays}`,
      );
    if (!isKeystoneAuthError(fault)) return fault;
    if (this.#log.isUnanswered(fault)) return saying(fault, `Nothing was imported. ${stays} ${USED_UP}`, true);
    const isOver = !(fault instanceof LoginRequiredError) && !fault.sessionKept;
    return isOver ? saying(fault, `Nothing was imported. ${stays}`, true) : fault;
  }

  /** Under the row's lock: of ours nobody else sends its refresh token. */
  async #move(opened: OpenedStore, keep: (renewed: Renewed) => Promise<void>): Promise<void> {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const record = this.#decode(await opened.store.read(opened.key));
      if (record === undefined || !accessTokenOf(record)) throw this.#nothingThere();
      await keep({ record });
      // It serves both for as long as it lives.
      if (record.refreshTokenLasts) return;
      if (attempt === 1) this.onTake();
      if (await this.#take(opened, record)) return;
    }
    throw new StorageError(
      "unavailable",
      `Other programs renew the session of ${this.path} again and again. What is stored here may be used up. Try again.`,
    );
  }

  /** Whether the row was still that one. */
  async #take(opened: OpenedStore, record: SessionRecord): Promise<boolean> {
    try {
      await opened.store.update(opened.key, (value) => {
        const { refreshToken: _, ...rest } = this.#decode(value) ?? record;
        this.isTaken = sameSession(this.#decode(value), record);
        return this.isTaken ? { value: rest } : undefined;
      });
    } catch (error) {
      if (!isKeystoneAuthError(error)) throw error;
      throw this.#leftThere(error);
    }
    return this.isTaken;
  }

  async #read(opened: OpenedStore): Promise<SessionRecord | undefined> {
    const record = await readLiveRecord(opened, this.#config);
    if (record instanceof StorageError) throw record;
    return record === "ended" ? undefined : record;
  }

  #decode(value: unknown): SessionRecord | undefined {
    const record = decodeRecord(value, this.#config);
    if (record instanceof StorageError) throw record;
    return record;
  }

  #nothingThere(): SignInForbidden {
    const { clientId, issuer } = this.#config;
    return new SignInForbidden(
      `The shared database ${this.path} holds no session of the client ${clientId} at ${issuer} that can be renewed and has the scopes and audiences asked for. Sign in there first, or run: keystone-auth login`,
    );
  }

  #leftThere({ causeCode }: { readonly causeCode?: string | undefined }): StorageError {
    const message = `The session was imported, but its refresh token could not be taken out of ${this.path} (${causeCode ?? "unknown fault"}). Where such a token serves once, the second program to send it ends the session: use one of the two, or run the import again.`;
    return new StorageError("unavailable", message, { causeCode, sessionKept: false });
  }
}

/** A store whose session a renewal replaces and does not delete. */
function endingNothing(opened: OpenedStore): OpenedStore {
  const { store } = opened;
  const update: RecordStore["update"] = (key, change) =>
    store.update(key, (...found) => {
      const answer = change(...found);
      return answer && "delete" in answer ? undefined : answer;
    });
  const read: RecordStore["read"] = (...args) => store.read(...args);
  const put: RecordStore["put"] = (...args) => store.put(...args);
  return { ...opened, store: { read, update, put, delete: async () => {} } };
}
