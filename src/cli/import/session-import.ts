/**
 * A session that was begun elsewhere becomes the command's own: its refresh token is sent once, and what comes is stored.
 *
 * The dangerous stretch lies between the sending of a token that serves once and the store. Nothing is sent unless the store was
 * read and takes a write; past the sending what comes goes to the store, whatever ends this call.
 */
import { AbortedError, type KeystoneAuthError, StorageError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { claimMissing } from "../../session/claim-missing.js";
import { RefreshLock } from "../../session/refresh-lock.js";
import type { Session } from "../../session/session.js";
import type { Moment } from "../../session/sign-out-mark.js";
import { accessTokenOf, claimsOf, type SessionRecord, type StoredAccessToken } from "../../token-set.js";
import { saying } from "../failure.js";
import { openSession } from "../settings-session.js";

/** What a renewal has brought. */
export interface Renewed {
  readonly record: SessionRecord;
  /** Why nothing of it but its refresh token can be used; the record has no access token then. */
  readonly failure?: KeystoneAuthError | undefined;
}

/** Where the session is until now. */
export interface Origin {
  /** What became of the session where what came could not be stored here, a sentence. */
  readonly afterLoss: string;
  /** Renews it, and hands it to `keep`, which stores it; both may happen again where others renew it meanwhile. */
  handOver(signal: AbortSignal, keep: (renewed: Renewed) => Promise<void>): Promise<void>;
}

/** Gives the session as it is stored. @throws KeystoneAuthError; then what was stored before is as it was, but for what its message says */
export async function importSession(config: NodeConfig, origin: Origin, signal: AbortSignal): Promise<SessionRecord> {
  const access = await openSession(config);
  const { session } = access;
  const lock = new RefreshLock(config, session);
  try {
    // A store that cannot be read takes nothing, either.
    const before = await session.readStored();
    const keeper = new Keeper(session, session.signOuts.now(), before, origin.afterLoss);
    const work = async () => await origin.handOver(signal, (renewed) => keeper.keep(renewed));
    await lock.run({ signal, instead: async () => undefined }, async ({ isUnguarded }) => {
      if (isUnguarded) throw takesNoWrite(isUnguarded);
      await session.mustBeSince(keeper.since);
      await work();
    });
    const record = keeper.stored as SessionRecord;
    const lacking = claimMissing(record, config);
    if (lacking) throw saying(lacking, IMPORTED, true);
    return record;
  } finally {
    await access.close(new AbortedError("The import is over."));
    await lock.released();
  }
}

class Keeper {
  stored: SessionRecord | undefined;

  /** `since` is when the import began: a sign-out after that ends it. */
  constructor(
    private readonly session: Session,
    readonly since: Moment,
    private readonly before: SessionRecord | undefined,
    private readonly afterLoss: string,
  ) {}

  /** Resolves when the store holds it. Rejects with what has failed; nothing is let go unsaid. */
  async keep({ record, failure }: Renewed): Promise<void> {
    if (failure) return await this.#keepRest(record, failure);
    const claims = claimsOf(record.idToken);
    const { refreshToken, endsAt, idToken } = record;
    const tokens = {
      accessToken: accessTokenOf(record) as StoredAccessToken,
      ...(refreshToken !== undefined && { refreshToken }),
      ...(endsAt !== undefined && { endsAt }),
      ...(idToken !== undefined && claims && { idToken, idTokenClaims: claims }),
    };
    this.stored = await this.session.begin(tokens, this.since, { before: (this.stored ?? this.before)?.id });
    if (!(await this.#holds(refreshToken))) throw notStored(this.afterLoss);
  }

  /** The token that came is the only one that still serves: it becomes the session, where none is lost for it. */
  async #keepRest(rest: SessionRecord, failure: KeystoneAuthError): Promise<never> {
    const { before, since, session } = this;
    if (before?.refreshToken !== undefined) throw told(failure, OTHER_KEPT);
    const { store } = await session.open();
    const record = { ...rest, id: crypto.randomUUID(), ...(since.ids && { signOuts: since.ids }) };
    const isOver = () => session.signOuts.isSince(since);
    const { applied } = await store.begin(record, before?.id, isOver);
    if (!applied || !(await this.#holds(record.refreshToken))) throw told(failure, NOT_KEPT);
    throw told(failure, REST_KEPT);
  }

  /** Whether the store holds that token: a write that it refuses is tried again for as long as a store may take. */
  async #holds(refreshToken: string | undefined): Promise<boolean> {
    const { store } = await this.session.open();
    const isHeld = () => refreshToken !== undefined && store.isStored(refreshToken);
    if (!isHeld()) await store.close();
    return isHeld();
  }
}

const IMPORTED = "The session is imported, and stored: only the claim is wanting.";
const OTHER_KEPT =
  "The session that was stored before is kept. The refresh token that was given may be used up, and its successor is not kept: get another one.";
const REST_KEPT =
  "The new refresh token of the answer is kept as the session: once that is mended, keystone-auth token goes on with it.";
const NOT_KEPT = "The new refresh token of the answer could not be stored: get another one.";

/** It is told once: a second try has another token. */
function told<E extends KeystoneAuthError>(error: E, what: string): E {
  return Object.assign(saying(error, what, what === OTHER_KEPT), { retryable: false });
}

function takesNoWrite({ kind, causeCode }: StorageError): StorageError {
  const message = `Nothing was imported and no token was sent: the store takes no write (${causeCode ?? kind}). Make it writable, or choose another one by --storage-directory.`;
  return new StorageError(kind, message, { causeCode });
}

function notStored(afterLoss: string): StorageError {
  const message = `The refresh token was sent, and what came could not be stored here. ${afterLoss}`;
  return new StorageError("unavailable", message, { retryable: false });
}
