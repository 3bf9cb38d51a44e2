/** What is stored of a session, as it stands in the file, and who it belongs to. Nothing is renewed. */
import { homedir } from "node:os";
import type { NodeConfig } from "../options/config.js";
import { systemClock } from "../clock.js";
import { StorageError } from "../errors.js";
import { oneLine } from "../options/log.js";
import { checkPrivateDirectory } from "../node/files/private-directory.js";
import { openFileStore } from "../node/files/store.js";
import { readLiveRecord } from "../node/live-record.js";
import { sha256 } from "../node/sha256.js";
import { sessionPlace } from "../node/token-directory.js";
import type { OpenedStore } from "../ports.js";
import { isObject, sessionKey } from "../session/record-format.js";
import { accessTokenOf, claimsOf, type IdTokenClaims, type SessionRecord, timeLeft } from "../token-set.js";

export interface StoredSession {
  readonly record: SessionRecord | undefined;
  readonly claims: IdTokenClaims | undefined;
  /** Of the access token, in ISO 8601; absent where none is stored. */
  readonly expiresAt: string | undefined;
  readonly secondsLeft: number;
  readonly renewable: boolean;
  /** Whether a token can be had without a person. */
  readonly usable: boolean;
}

/** Whether the session is in the shared database: a row is a person's. */
export const isShared = ({ storage, flow }: NodeConfig): boolean =>
  storage === "shared-database" && flow !== "client_credentials";

/** The directory or the database of the session, or why it is in memory. */
export async function placeOf(config: NodeConfig): Promise<string | StorageError> {
  if (!isShared(config)) return sessionPlace(config.storageDirectory, process.env, homedir);
  const { databasePlace } = await import("../node/shared-database/place.js");
  return databasePlace(config.sharedDatabase, process.env, homedir);
}

async function readStoredRecord(config: NodeConfig): Promise<SessionRecord | undefined> {
  const { storage, noCache, withoutKeychain } = config;
  if (noCache || storage === "memory") return undefined;
  if (isShared(config)) return await readFromDatabase(config);
  const directory = await placeOf(config);
  if (typeof directory !== "string") return undefined;
  const key = await sessionKey(config, sha256);
  if (storage !== "encrypted-file") return await readFromFile(config, directory, key);
  const { KeychainMissing, openSealedFormat, readSession } = await import("./session-files.js");
  try {
    const format = await openSealedFormat(directory, config.storageTimeoutMs);
    const { record, problem } = checkPrivateDirectory(directory)
      ? await readSession(directory, key, format)
      : { record: undefined, problem: undefined };
    if (problem !== undefined) config.log.warn(problem);
    return record;
  } catch (error) {
    if (!(error instanceof KeychainMissing) || withoutKeychain === "fail") throw error;
    return withoutKeychain === "plain-file" ? await readFromFile(config, directory, key) : undefined;
  }
}

/**
 * The shared database of these settings, which are those of a client with `storage: "shared-database"`; or why it is out of reach.
 * @throws ConfigurationError (`configuration`) where there is no SQLite
 */
export async function openDatabase(config: NodeConfig): Promise<OpenedStore | StorageError> {
  const [{ openSharedDatabase }, { openFileLock }] = await Promise.all([
    import("../node/shared-database/open.js"),
    import("../node/files/lock.js"),
  ]);
  let trouble = new StorageError("unavailable", "The shared database cannot be reached.");
  const onTrouble = (error: StorageError) => {
    trouble = error;
    config.log.warn(error.message);
  };
  const clock = systemClock;
  const lockIn = (directory: string) => openFileLock({ directory, clock, onTrouble, outlastsDead: true });
  const place = sessionPlace(config.storageDirectory, process.env, homedir);
  const name = await sessionKey(config, sha256);
  const opened = await openSharedDatabase(config, name, { place, lockIn, clock, onTrouble });
  return opened ?? trouble;
}

async function readFromDatabase(config: NodeConfig): Promise<SessionRecord | undefined> {
  const opened = await openDatabase(config);
  if (opened instanceof StorageError) return undefined;
  const record = await readLiveRecord(opened, config);
  if (record instanceof StorageError) config.log.warn(record.message);
  return record instanceof StorageError || record === "ended" ? undefined : record;
}

async function readFromFile(config: NodeConfig, directory: string, key: string): Promise<SessionRecord | undefined> {
  const troubles: StorageError[] = [];
  const onTrouble = (error: StorageError) => void troubles.push(error);
  const timeoutMs = config.storageTimeoutMs;
  const { store } = openFileStore({ directory, onTrouble, clock: systemClock, timeoutMs });
  const record = await readLiveRecord({ store, key }, config);
  const isFault = record instanceof StorageError;
  // What cannot be understood is no session, as with a client.
  for (const { message } of isFault ? [...troubles, record] : troubles) config.log.warn(message);
  return isFault || record === "ended" ? undefined : record;
}

export async function storedAccessToken(config: NodeConfig): Promise<string | undefined> {
  return accessTokenOf(await readStoredRecord(config))?.token;
}

/** @throws StorageError (`storage`) where the record cannot be read */
export async function readStored(config: NodeConfig): Promise<StoredSession> {
  return sessionOf(await readStoredRecord(config), config);
}

/** What a record says. */
export function sessionOf(
  record: SessionRecord | undefined,
  { clockToleranceMs, minValidityMs, flow }: Pick<NodeConfig, "clockToleranceMs" | "minValidityMs" | "flow">,
): StoredSession {
  const token = accessTokenOf(record);
  const left = token === undefined ? 0 : timeLeft(token, Date.now(), clockToleranceMs);
  const renewable = record?.refreshToken !== undefined;
  return {
    record,
    claims: claimsOf(record?.idToken),
    expiresAt: token && new Date(token.expiresAt).toISOString(),
    secondsLeft: Math.max(0, Math.floor(left / 1000)),
    renewable,
    usable: flow === "client_credentials" || renewable || (left > 0 && left >= minValidityMs),
  };
}

/** A time that is left, for a person. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** A claim as a line of text. */
export function textOf(claim: unknown): string | undefined {
  return typeof claim === "string" && claim.trim() !== "" ? oneLine(claim, 200) : undefined;
}

const NAMES = ["preferred_username", "email", "name"];

/** Whether the claims hold more of a person than an id. */
export const isNamed = (claims: IdTokenClaims): boolean => NAMES.some((name) => textOf(claims[name]) !== undefined);

/** A name to show (OpenID Connect Core 1.0 §5.1): what a person knows themselves by, else the subject. */
export function nameOf(claims: IdTokenClaims | undefined): string | undefined {
  return [...NAMES, "sub"].map((name) => textOf(claims?.[name])).find((name) => name);
}

// They tie a token to its login; nobody outside has a use for them.
const INNER = ["nonce", "at_hash", "c_hash", "s_hash", "jti", "sid"];

/** The claims that say something about the person or the session. */
export function publicClaims(claims: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !INNER.includes(name)));
}

/** Those of the access token, where it is a JWT: it is meant for its API, and may hold anything. */
export function accessTokenClaimsOf(record: SessionRecord | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims = claimsOf(accessTokenOf(record)?.token);
    return isObject(claims) ? publicClaims(claims) : undefined;
  } catch {
    return undefined;
  }
}
