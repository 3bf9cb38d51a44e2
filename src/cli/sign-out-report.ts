/**
 * What is true of a sign-out when its command ends. The client says of a store that refuses the deletion that the session is kept; by
 * then it may have been deleted by a later try, or its mark have ended it where it lies.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SignOutResult } from "../client/sign-out-result.js";
import { type KeystoneAuthError, StorageError } from "../errors.js";
import { readLiveRecord } from "../node/live-record.js";
import { jsonFormat } from "../node/files/record-format.js";
import { sha256 } from "../node/sha256.js";
import type { NodeConfig } from "../options/config.js";
import { sessionKey } from "../session/record-format.js";
import { saying } from "./failure.js";
import { isShared, openDatabase, placeOf } from "./stored-session.js";

/** The sign-out has taken its time: this is no reason to wait once more. */
const LOOK_MS = 1000;

/** How often a sign-out waits for a database that another program holds: to read the row, to delete it, and once more at its end. */
const WAITS = 3;

/** The waits of a sign-out follow one another: they share the time that one may take. */
export const sharingTime = (config: NodeConfig): NodeConfig =>
  isShared(config) ? { ...config, storageTimeoutMs: config.storageTimeoutMs / WAITS } : config;

type Left = "nothing" | "ended" | "session" | "unknown";

const isRefusal = (error: KeystoneAuthError): boolean => error.code === "storage" && error.sessionKept;

/**
 * The errors, once the client is closed: without those of a store that holds nothing by now, and with what has become of the session in
 * the others. `key` is the name of the record. [what the settings give]
 */
export async function trueErrors(
  { errors, revocation }: Pick<SignOutResult, "errors" | "revocation">,
  config: NodeConfig,
  key?: string,
): Promise<readonly KeystoneAuthError[]> {
  if (!errors.some(isRefusal)) return errors;
  const left = await whatIsLeft({ ...config, storageTimeoutMs: LOOK_MS }, key).catch(() => "unknown" as const);
  // Nothing but the store's refusal tells why the tokens are good still: they were not read.
  const isUnread = revocation === "failed" && errors.every(isRefusal);
  if (left === "nothing" && !isUnread) return errors.filter((error) => !isRefusal(error));
  const text = `${textOf(left, config)}${isUnread ? UNREAD : ""}`;
  return errors.map((error) => (isRefusal(error) ? saying(error, text, left === "session") : error));
}

const UNREAD = " Its tokens could not be read, so that they were not revoked.";

function textOf(left: Left, config: NodeConfig): string {
  const what = isShared(config) ? "The row" : "What is stored";
  if (left === "nothing") return "It was deleted all the same.";
  if (left === "session") return `${what} could neither be deleted nor marked as ended, and stays as it was.`;
  if (left === "unknown") return `Whether ${what.toLowerCase()} has gone is not known.`;
  const others = isShared(config) ? " The Python tools find it still." : "";
  return `${what} is left there, marked as ended: keystone-auth and programs that use it take it no more.${others}`;
}

async function whatIsLeft(config: NodeConfig, name: string | undefined): Promise<Left> {
  if (isShared(config)) {
    const opened = await openDatabase(config);
    if (opened instanceof StorageError) throw opened;
    const record = await readLiveRecord(opened, config);
    if (record === undefined) return "nothing";
    return record === "ended" ? record : "session";
  }
  const directory = await placeOf(config);
  if (config.storage === "memory" || typeof directory !== "string") return "nothing";
  const key = name ?? (await sessionKey(config, sha256));
  const { openSealedFormat, readSession } = await import("./session-files.js");
  const isPlain = config.storage === "file";
  if (!existsSync(join(directory, `${key}${isPlain ? jsonFormat.extension : ".sealed"}`))) return "nothing";
  const format = isPlain ? jsonFormat : await openSealedFormat(directory, config.storageTimeoutMs);
  const { record, problem } = await readSession(directory, key, format);
  return record === undefined && problem === undefined ? "ended" : "session";
}
