/** The files of stored sessions, read as they lie in their directory: nothing is written, renewed or moved aside. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.js";
import { codeOf, isKeystoneAuthError, StorageError } from "../errors.js";
import { checkPrivateDirectory } from "../node/files/private-directory.js";
import { fileError, readPrivateFile } from "../node/files/private-file.js";
import { type FileFormat, jsonFormat, MOST_BYTES } from "../node/files/record-format.js";
import { decodeRecord } from "../session/record.js";
import { isVoid, markKey, readMark } from "../session/sign-out-mark.js";
import { beforeDeadline } from "../settle.js";
import type { SessionRecord } from "../token-set.js";

export interface SessionFile {
  /** The name of the session's record. [what its settings give] */
  readonly key?: string;
  /** The name of its file; of a row in the shared database the client's id. */
  readonly name: string;
  readonly storage: "file" | "encrypted-file" | "shared-database";
  /** Absent where it cannot be read. */
  readonly record?: SessionRecord;
  /** Why it cannot be read, a sentence. */
  readonly problem?: string;
}

/** A record or the copy of a corrupt one, which may hold a token too; no mark of a sign-out, and no lock. */
const NAME = /^(s-[0-9a-f]{64})(\.json|\.sealed)(?:\.corrupt-[0-9a-f]{16})?$/;

/** Those of the directory, in the order of their names. @throws StorageError (`storage`) where it cannot be used */
export async function readSessionFiles(directory: string, timeoutMs: number): Promise<readonly SessionFile[]> {
  const names = new Set(namesIn(directory).flatMap((name) => NAME.exec(name)?.slice(1, 3).join("") ?? []));
  const sealed = openedOnce(directory, timeoutMs);
  const found: SessionFile[] = [];
  for (const name of [...names].sort()) {
    const [, key = "", extension] = NAME.exec(name) ?? [];
    const storage = extension === jsonFormat.extension ? "file" : "encrypted-file";
    const read = async () => await readSession(directory, key, storage === "file" ? jsonFormat : await sealed());
    // What somebody has signed out of in between is not there any more.
    found.push({ key, name, storage, ...(await read().catch(problemOf)) });
  }
  return found;
}

function namesIn(directory: string): string[] {
  try {
    return checkPrivateDirectory(directory) ? readdirSync(directory) : [];
  } catch (error) {
    throw fileError(error, "read", directory);
  }
}

/** The keychain is asked once, however many files there are, and how it answers. */
function openedOnce(directory: string, timeoutMs: number): () => Promise<FileFormat> {
  let opening: Promise<FileFormat> | undefined;
  return () => (opening ??= openSealedFormat(directory, timeoutMs));
}

/** There is no keychain with a key for the directory's records. */
export class KeychainMissing extends StorageError {
  constructor(why: string) {
    super("unavailable", `There is no keychain that opens the stored session. ${why}`);
  }
}

/**
 * How encrypted records of the directory are read. A key that is not there is not made.
 *
 * @throws StorageError (`unavailable`) where the keychain cannot be used
 */
export async function openSealedFormat(directory: string, timeoutMs: number): Promise<FileFormat> {
  const [{ DataKeys, NoKeychain, sealedFormat }, { systemKeychain }] = await Promise.all([
    import("../node/encrypted/sealed-format.js"),
    import("../node/encrypted/system-keychain.js"),
  ]);
  const none = () => Promise.reject(new NoKeychain("The keychain holds no key for this directory."));
  const keys = new DataKeys(systemKeychain(directory), { run: none }, timeoutMs);
  const late = () => {
    const message = `The keychain did not answer within ${timeoutMs / 1000} s: it may be waiting for you to unlock it.`;
    return new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" });
  };
  const inTime = <T>(asking: Promise<T>): Promise<T> => beforeDeadline(systemClock, timeoutMs, late, () => asking);
  try {
    await inTime(keys.obtain(true));
  } catch (error) {
    throw error instanceof NoKeychain ? new KeychainMissing(error.message) : error;
  }
  return sealedFormat(keys, inTime);
}

interface Session {
  readonly record?: SessionRecord;
  readonly problem?: string;
}

/** One session: nothing where its file has gone, or a sign-out has ended it. */
export async function readSession(directory: string, key: string, format: FileFormat): Promise<Session> {
  const value = await readValue(directory, key, format);
  if (value instanceof Problem) return { problem: value.text };
  const { issuer, clientId } = (value ?? {}) as Partial<SessionRecord>;
  const record = decodeRecord(value, { issuer: String(issuer), clientId: String(clientId) });
  if (record instanceof StorageError) return { problem: record.message };
  if (record === undefined) return {};
  const mark = await readValue(directory, markKey(key), format);
  return isVoid(record, mark instanceof Problem ? undefined : readMark(mark)) ? {} : { record };
}

class Problem {
  constructor(readonly text: string) {}
}

async function readValue(directory: string, key: string, format: FileFormat): Promise<unknown> {
  const path = join(directory, key + format.extension);
  const bytes = await readPrivateFile(path, MOST_BYTES);
  if (bytes === undefined) return undefined;
  const tooLong = { problem: "is not a stored session" };
  const found = bytes.length > MOST_BYTES ? tooLong : await format.decode(key, bytes);
  return "value" in found ? found.value : new Problem(`${path} ${found.problem}.`);
}

function problemOf(error: unknown): Session {
  if (isKeystoneAuthError(error)) return { problem: error.message };
  const code = codeOf(error);
  if (code === "ELOOP" || code === "EMLINK") return { problem: "It is a symbolic link, which is not read." };
  return { problem: `It cannot be read (${code ?? "unknown fault"}).` };
}
