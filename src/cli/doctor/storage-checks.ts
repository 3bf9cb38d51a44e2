/** Where the session is kept: the directory, the record, the lock, and the keychain. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { NodeConfig } from "../../options/config.js";
import { codeOf, isKeystoneAuthError, type StorageError } from "../../errors.js";
import { openFileLock } from "../../node/files/lock.js";
import { systemKeychain } from "../../node/encrypted/system-keychain.js";
import { checkPrivateDirectory } from "../../node/files/private-directory.js";
import { sha256 } from "../../node/sha256.js";
import { sessionKey } from "../../session/record-format.js";
import { systemClock } from "../../clock.js";
import { EXIT, exitCodeOf } from "../failure.js";
import { directoryOf, openStore, placeOf, readStored } from "../stored-session.js";
import { failed, type Finding, none, ok, warning } from "./report.js";

const LOCK_MS = 3000;
const KEYCHAIN_MS = 3000;

export async function storageFindings(
  config: NodeConfig,
): Promise<Readonly<Record<"storage" | "session" | "lock", Finding>>> {
  return {
    storage: await orFault(() => directoryFinding(config)),
    session: await orFault(() => sessionFinding(config)),
    lock: await orFault(() => lockFinding(config)),
  };
}

/** A fault of ours is the finding; what is foreign keeps its code alone. */
async function orFault(check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    if (isKeystoneAuthError(error)) return failed(exitCodeOf(error), error.message);
    return failed(EXIT.storage, `a fault of the file system (${codeOf(error) ?? "unknown"})`);
  }
}

async function directoryFinding(config: NodeConfig): Promise<Finding> {
  const directory = placeOf(config);
  if (typeof directory === "object") {
    const found = "a session lives no longer than a command";
    return warning(found, `${directory.message} Or set CEGAL_KEYSTONE_AUTH_DIR.`);
  }
  if (!checkPrivateDirectory(directory)) return missingFinding(directory);
  const { store, troubles } = openStore(directory, config);
  const probe = `doctor-${process.pid}`;
  await store.update(probe, () => ({ value: { written: "by keystone-auth doctor" } }));
  const read = await store.read(probe);
  await store.update(probe, () => ({ delete: true }));
  if (read === undefined) return failed(EXIT.storage, `${directory} does not give back what was written`);
  const [trouble] = troubles;
  if (trouble) return warning(`${directory} can be written`, trouble.message);
  const mode = process.platform === "win32" ? "" : `, mode ${(statSync(directory).mode & 0o777).toString(8)}`;
  return ok(`${directory} is yours alone${mode}, and can be written`);
}

/** It is not made here: a doctor leaves the patient as it was. */
function missingFinding(directory: string): Finding {
  let above = dirname(directory);
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
    return ok(`${directory} is made with the first sign-in`);
  } catch (error) {
    const found = `${directory} cannot be made: ${above} is not writable (${codeOf(error) ?? "unknown"})`;
    return failed(EXIT.storage, found, "Choose another directory with CEGAL_KEYSTONE_AUTH_DIR.");
  }
}

async function sessionFinding(config: NodeConfig): Promise<Finding> {
  const { expiresAt, secondsLeft, renewable, usable } = await readStored(config);
  if (expiresAt === undefined && !renewable)
    return none(usable ? "none; the next call makes one" : "nobody is signed in");
  if (!usable) return warning("it has expired and cannot be renewed", "Run: keystone-auth login");
  const token = secondsLeft > 0 ? "the access token has time left" : "the access token has expired";
  const why = "cannot be renewed (no refresh token: is the scope offline_access asked for?)";
  return ok(`${token}, and ${renewable ? "can be renewed" : why}`);
}

/** The very lock that a renewal takes, so that one who holds it for ever is found. */
async function lockFinding(config: NodeConfig): Promise<Finding> {
  const directory = directoryOf(config);
  if (directory === undefined || !checkPrivateDirectory(directory)) return none("not tried: there is no directory yet");
  const troubles: StorageError[] = [];
  const lock = openFileLock({ directory, clock: systemClock, onTrouble: (error) => troubles.push(error) });
  await lock.run(`refresh.${await sessionKey(config, sha256)}`, { timeoutMs: LOCK_MS }, async () => {});
  const [trouble] = troubles;
  return trouble === undefined ? ok("it can be taken") : failed(EXIT.storage, trouble.message);
}

/** Whether the operating system's keychain can be used. The command itself keeps sessions in files. */
export async function keychainFinding(): Promise<Finding> {
  const keychain = systemKeychain("doctor");
  const late = AbortSignal.timeout(KEYCHAIN_MS);
  const timeUp = new Promise<never>((_, reject) => late.addEventListener("abort", reject));
  try {
    const why = await Promise.race([keychain.unavailable?.(), timeUp]);
    if (why !== undefined) return none(`${why} It is optional.`);
    await Promise.race([keychain.load(), timeUp]);
    return ok("it answers");
  } catch {
    const found = "@napi-rs/keyring is installed, and the keychain does not answer";
    return warning(found, "It is optional. Unlock it, or start a secret service.");
  }
}
