/**
 * Renewal: look - join - lock - look again - renew - store. Loaded when a token has to be renewed, never before.
 *
 * The dangerous stretch lies between the sending of a one-time refresh token and the store: past the sending nothing may
 * throw the answer away, neither an abort nor a time limit of the lock.
 */
import type { ClientConfig } from "../options/config.js";
import { isKeystoneAuthError, type KeystoneAuthError, LockTimeoutError, ProviderError } from "../errors.js";
import type { Clock, Lock, LockHold } from "../ports.js";
import { noSession, refreshRejected, signedOut } from "./login-required.js";
import { sameSession } from "./session-record.js";
import type { SessionStore } from "./session-store.js";
import { replaceSession } from "./session-writer.js";
import { SingleFlight } from "../settle.js";
import { beginSession, mergeRefreshed } from "./granted-record.js";
import { accessTokenOf, type TokenResponse, type SessionRecord } from "../token-set.js";

/** What a renewal is asked for. */
export interface RenewRequest {
  /** Whether the stored token will do, seen by whoever asks. */
  readonly isUsable: (record: SessionRecord | undefined) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The protocol's part, as this room needs it. */
export interface Renewal {
  /** Fetches whatever a renewal needs besides the token endpoint. */
  prepare(): Promise<void>;
  refresh(record: SessionRecord, refreshToken: string): Promise<TokenResponse>;
  clientCredentials(): Promise<TokenResponse>;
}

export interface KeeperTools {
  readonly key: string;
  readonly config: ClientConfig;
  readonly clock: Clock;
  readonly lock: Lock;
  readonly store: SessionStore;
  readonly renewal: Renewal;
  /** Called when a renewal begins; gives what to call when its result is stored. */
  readonly begin: () => (record: SessionRecord) => void;
  /** The provider ended the session. */
  readonly onEnded: () => void;
}

/** A refresh token that was adopted from another process may be refused in turn; more than that is no race any more. */
const MOST_ATTEMPTS = 3;
const LOST_LOCK = Symbol("lost lock");

export class SessionKeeper {
  readonly #flight = new SingleFlight<SessionRecord>();

  constructor(private readonly tools: KeeperTools) {}

  /**
   * Gives a session whose access token was renewed, here or by somebody else in the meantime. The result may still not
   * satisfy the caller (a token that lives shorter than it asks for); there is one renewal a call all the same.
   */
  renew(request: RenewRequest): Promise<SessionRecord> {
    return this.#flight.join((abandoned) => this.#renewLocked(request, abandoned), request.signal);
  }

  async #renewLocked(request: RenewRequest, abandoned: AbortSignal): Promise<SessionRecord> {
    const { key, config, lock, store } = this.tools;
    if (config.flow !== "client_credentials") {
      const record = await store.read();
      if (record && request.isUsable(record)) return record;
      if (record?.refreshToken === undefined) throw noSession();
    }
    const options = { timeoutMs: config.lockTimeoutMs, signal: abandoned };
    const stored = this.tools.begin();
    for (let attempt = 1; ; attempt += 1) {
      const renewed = await lock.run(`refresh.${key}`, options, (hold) => this.#renewOnce(request, hold));
      if (renewed !== LOST_LOCK) {
        stored(renewed);
        return renewed;
      }
      if (attempt === MOST_ATTEMPTS)
        throw new LockTimeoutError(
          "The lock of the session was lost to another process again and again. The session is kept; try again.",
        );
    }
  }

  async #renewOnce(request: RenewRequest, hold: LockHold): Promise<SessionRecord | typeof LOST_LOCK> {
    const { store, config, renewal } = this.tools;
    for (let attempt = 1; ; attempt += 1) {
      const record = await store.read();
      if (record && request.isUsable(record)) return record;
      if (config.flow === "client_credentials") return await this.#signInAsProgram(record);
      if (record?.refreshToken === undefined) throw noSession();
      // Behind the lock and after the look: of many that wait, one asks. Before the check of the lock, since it takes time.
      await renewal.prepare();
      // A process that was stopped here for long has lost its lock to another one, which may have sent this very token.
      if (!hold.stillHeld()) return LOST_LOCK;
      const renewed = await this.#refresh(record, record.refreshToken, attempt);
      if (renewed) return renewed;
    }
  }

  /** One refresh; `undefined` when somebody else changed the session meanwhile and it has to be looked at again. */
  async #refresh(record: SessionRecord, refreshToken: string, attempt: number): Promise<SessionRecord | undefined> {
    let grant: TokenResponse;
    try {
      grant = await this.tools.renewal.refresh(record, refreshToken);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.error !== "invalid_grant") throw error;
      return await this.#refused(record, error, attempt);
    }
    return await this.#save(record, grant);
  }

  /** `invalid_grant` ends the session, but only where the store still holds the token that was refused. */
  async #refused(record: SessionRecord, error: ProviderError, attempt: number): Promise<undefined> {
    const { store, onEnded } = this.tools;
    const current = await store.read();
    if (current === undefined) throw signedOut();
    if (!sameSession(current, record)) {
      if (attempt < MOST_ATTEMPTS) return undefined;
      throw error;
    }
    // The store may refuse the deletion; the session is over all the same, and the store tries again.
    const removed = await store.remove(current).catch(() => true);
    if (!removed) return undefined;
    onEnded();
    throw refreshRejected(error.errorDescription ?? error.error);
  }

  async #save(record: SessionRecord, grant: TokenResponse): Promise<SessionRecord> {
    const { store } = this.tools;
    const next = mergeRefreshed(record, grant);
    const { applied, current } = await replaceSession(store, record, next);
    if (applied) return next;
    if (current === undefined) throw signedOut();
    // Only the access token was dropped or renewed beside us, with a refresh token that does not rotate.
    const ours = sameSession(current, record);
    const older = (accessTokenOf(current)?.obtainedAt ?? 0) < grant.accessToken.obtainedAt;
    if (ours && older) return (await replaceSession(store, current, mergeRefreshed(current, grant))).current ?? next;
    return current;
  }

  async #signInAsProgram(record: SessionRecord | undefined): Promise<SessionRecord> {
    const { config, store, renewal } = this.tools;
    const grant = await renewal.clientCredentials();
    const next = beginSession(grant, { ...config, id: record?.id ?? crypto.randomUUID() });
    const { current } = await replaceSession(store, "any", next);
    return current ?? next;
  }
}

/** Whether a login could get further than the refresh did: the provider refused this session, not this client. */
export function mayLoginHelp(error: unknown): boolean {
  if (!isKeystoneAuthError(error)) return false;
  if (error.code === "login_required") return true;
  const status = (error as KeystoneAuthError & { status?: number }).status;
  if (error instanceof ProviderError) return error.error !== "invalid_client" && error.error !== "unauthorized_client";
  return error.code === "response" && status !== undefined && status >= 400 && status < 500;
}
