/** Whether a sign-in has any effect beyond its command: whether its session can be stored, and whether it is still there in the end. */
import { AbortedError, isKeystoneAuthError, KEPT, LockTimeoutError, StorageError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { oneLine } from "../options/log.js";
import type { CommandClient } from "./command-run.js";
import { openSession } from "./settings-session.js";
import { placeOf, storedAccessToken } from "./stored-session.js";

/** Somebody who renews the session has its lock: then a lock can be had. */
const LOCK_MS = 1000;

/** Why a session is not stored. */
export interface Unstored {
  /** A sentence. */
  readonly why: string;
  /** Whether the settings say so: nothing has failed then. */
  readonly isChosen: boolean;
}

/** What the settings themselves say. */
function whyInMemory({ noCache, storage }: NodeConfig): string | undefined {
  if (noCache) return "The option noCache is set.";
  return storage === "memory" ? 'The option storage is "memory".' : undefined;
}

/** Whether a keychain that is not there is no reason to fail. */
const doesWithoutKeychain = ({ storage, withoutKeychain }: NodeConfig): boolean =>
  storage === "encrypted-file" && withoutKeychain !== "fail";

/** Before anybody is asked to sign in for nothing. @throws StorageError (`storage`) where the session could not be stored */
export async function mustBeStorable(config: NodeConfig, signal: AbortSignal): Promise<void> {
  if (whyInMemory(config) !== undefined || doesWithoutKeychain(config)) return;
  const place = await placeOf(config);
  // It says what to do, and what becomes of a session that there will be none of.
  if (place instanceof StorageError)
    throw notAsked(place, place.message.replace(` ${KEPT}`, "").replace(IN_MEMORY, "."));
  let newer: StorageError | undefined;
  const access = await openSession(config, (error) => {
    if (error.kind === "version") newer = error;
  });
  const { session } = access;
  try {
    // A store that cannot be read takes nothing, either.
    await session.readStored();
    // It is told in a later turn, and what a newer version has stored is never replaced.
    const { key, lock } = await session.open();
    const isUnguarded = await lock
      .run(`refresh.${key}`, { timeoutMs: LOCK_MS, signal }, async (hold) => hold.isUnguarded)
      .catch((error: unknown) => {
        if (!(error instanceof LockTimeoutError)) throw error;
        return undefined;
      });
    if (newer) throw newer;
    const { kind, causeCode = kind } = isUnguarded ?? {};
    if (isUnguarded) throw notAsked(isUnguarded, `The store takes no write (${causeCode}). ${TODO}`);
  } finally {
    await access.close(new AbortedError("The look is over."));
  }
}

const IN_MEMORY = /[;.] (it|The session) is in memory and ends with the program\./;
const TODO =
  "Make it writable, choose another place by --storage-directory or --shared-database, or sign in with each call by --storage memory.";

function notAsked({ kind, causeCode }: StorageError, why: string): StorageError {
  const message = `No sign-in was begun, since the session could not be stored. ${why}`;
  return new StorageError(kind, message, { causeCode });
}

/** Listens for what becomes of the store, and gives the question: why is the session not stored? */
export function watchStore({ config, on }: Pick<CommandClient, "config" | "on">): () => Promise<Unstored | undefined> {
  let trouble: StorageError | undefined;
  on("storage", ({ error }) => (trouble = error));
  return async () => {
    const chosen = whyInMemory(config);
    if (chosen !== undefined) return { why: chosen, isChosen: true };
    try {
      // What a store has taken is seen by reading it, and by nothing else: a warning of it need not mean that.
      if ((await storedAccessToken(config)) !== undefined) return undefined;
    } catch (error) {
      if (isKeystoneAuthError(error)) trouble ??= error as StorageError;
    }
    const why = oneLine(trouble?.message.replace(` ${KEPT}`, "") ?? "The store does not hold it.", 1000);
    return { why, isChosen: config.withoutKeychain === "memory" && (await isWithoutKeychain(config)) };
  };
}

async function isWithoutKeychain(config: NodeConfig): Promise<boolean> {
  const directory = await placeOf(config);
  if (config.storage !== "encrypted-file" || typeof directory !== "string") return false;
  const { KeychainMissing, openSealedFormat } = await import("./session-files.js");
  return await openSealedFormat(directory, config.storageTimeoutMs).then(
    () => false,
    (error: unknown) => error instanceof KeychainMissing,
  );
}
