/** Where a program's session is kept: the directory, the record, the lock, and the keychain. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { failed, type Finding, ok, problemOf, skipped, warning } from "../../client/diagnosis.js";
import { ownStoreFinding, sessionFinding } from "../../client/stored-checks.js";
import { codeOf, isKeystoneAuthError, StorageError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import type { Clock, Keychain } from "../../ports.js";
import type { Session } from "../../session/session.js";
import { openFileStore } from "../files/store.js";
import { checkPrivateDirectory } from "../files/private-directory.js";
import { readLiveRecord } from "../live-record.js";
import { sessionPlace } from "../token-directory.js";
import { databaseFinding } from "./shared-database.js";

const LOCK_MS = 3000;
const KEYCHAIN_MS = 3000;

/** The directory of the sessions, or why there is none. */
const placeOf = ({ storageDirectory }: NodeConfig) => sessionPlace(storageDirectory, process.env, homedir);

export function directoryOf(config: NodeConfig): string | undefined {
  const place = placeOf(config);
  return typeof place === "string" ? place : undefined;
}

const isInMemory = ({ noCache, storage }: NodeConfig): boolean => noCache || storage === "memory";

/** The store of a directory. What it reports and does not throw is in `troubles`. */
function openFiles(directory: string, { storageTimeoutMs }: NodeConfig, clock: Clock) {
  const troubles: StorageError[] = [];
  const onTrouble = (error: StorageError) => void troubles.push(error);
  return { ...openFileStore({ directory, onTrouble, clock, timeoutMs: storageTimeoutMs }), troubles };
}

export async function storageFinding(config: NodeConfig, clock: Clock): Promise<Finding> {
  if (isInMemory(config)) return skipped("The session is in memory and ends with the program (option storage).");
  if (typeof config.storage === "object") return await ownStoreFinding(config.storage);
  if (config.storage === "shared-database" && config.flow !== "client_credentials")
    return await databaseFinding(config);
  const directory = placeOf(config);
  // It says what to do.
  if (typeof directory === "object") return warning(problemOf(directory));
  return await orFault(async () => {
    if (!checkPrivateDirectory(directory)) return missingFinding(directory);
    const { store, troubles } = openFiles(directory, config, clock);
    const probe = `diagnosis-${process.pid}`;
    await store.update(probe, () => ({ value: { written: "by diagnose()" } }));
    const read = await store.read(probe);
    await store.update(probe, () => ({ delete: true }));
    if (read === undefined)
      return failed(`${directory} does not give back what was written.`, "Choose another directory, on a local disk.");
    const [trouble] = troubles;
    if (trouble) return warning(`${directory} can be written.`, problemOf(trouble));
    const mode = process.platform === "win32" ? "" : ` (mode ${(statSync(directory).mode & 0o777).toString(8)})`;
    return ok(`${directory} is yours alone${mode}, and can be written.`);
  });
}

/** A fault of ours is the finding; what is foreign keeps its code alone. */
async function orFault(check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    if (isKeystoneAuthError(error)) return failed(problemOf(error));
    return failed(`The file system has a fault (${codeOf(error) ?? "unknown"}).`);
  }
}

/** It is not made here: a diagnosis leaves the patient as it was. */
function missingFinding(directory: string): Finding {
  let above = dirname(directory);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
    return ok(`${directory} is made with the first sign-in.`);
  } catch (error) {
    const found = `${directory} cannot be made: ${above} is not writable (${codeOf(error) ?? "unknown"}).`;
    return failed(found, "Choose another directory with CEGAL_KEYSTONE_AUTH_DIR or the option storageDirectory.");
  }
}

/** Of files the record itself is read, so that one that is damaged is told each time. */
export async function storedSessionFinding(config: NodeConfig, session: Session, clock: Clock): Promise<Finding> {
  const directory = directoryOf(config);
  const isInFiles = config.storage === "file" && !isInMemory(config) && directory !== undefined;
  return await orFault(async () => {
    if (!isInFiles) {
      const record = await session.readStored();
      return sessionFinding(record, session.timeLeft(record), config);
    }
    const { store, troubles } = openFiles(directory, config, clock);
    const { key } = await session.open();
    const found = await readLiveRecord({ store, key }, config);
    const [fault = found] = troubles;
    if (fault instanceof StorageError) throw fault;
    const record = fault === "ended" ? undefined : fault;
    return sessionFinding(record, session.timeLeft(record), config);
  });
}

/** The very lock that a renewal takes, so that one who holds it for ever is found. */
export async function lockFinding(config: NodeConfig, session: Session, signal: AbortSignal): Promise<Finding> {
  if (isInMemory(config)) return skipped("Not needed: nobody else shares a session in memory.");
  const directory = directoryOf(config);
  return await orFault(async () => {
    if (directory !== undefined && typeof config.storage !== "object" && !checkPrivateDirectory(directory))
      return skipped("Not tried: the directory is not there yet.");
    const { key, lock } = await session.open();
    const timeoutMs = Math.min(LOCK_MS, config.lockTimeoutMs);
    const isUnguarded = await lock.run(`refresh.${key}`, { timeoutMs, signal }, async (hold) => hold.isUnguarded);
    return isUnguarded ? failed(problemOf(isUnguarded)) : ok("The lock that a renewal takes can be taken.");
  });
}

/**
 * Whether the keychain can be used. Where sessions are in plain files, only whether there is one: to load the key may ask the
 * person to unlock it.
 */
export async function keychainFinding(keychain: Keychain, isNeeded: boolean): Promise<Finding> {
  const late = AbortSignal.timeout(KEYCHAIN_MS);
  const timeUp = new Promise<never>((_, reject) => late.addEventListener("abort", reject));
  try {
    const why = await Promise.race([keychain.unavailable?.(), timeUp]);
    if (why !== undefined && !isNeeded) return skipped(`${why} It is optional.`);
    if (why !== undefined) return failed(why, "Or choose what happens without one by the option withoutKeychain.");
    if (!isNeeded) return ok("There is a keychain; it is not used (option storage).");
    await Promise.race([keychain.load(), timeUp]);
    return ok("The keychain answers.");
  } catch {
    const [found, todo] = ["There is a keychain, and it does not answer.", "Unlock it, or start a secret service."];
    return isNeeded ? failed(found, todo) : warning(found, `${todo} It is optional.`);
  }
}
