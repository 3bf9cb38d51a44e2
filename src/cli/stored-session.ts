/** What is stored of a session, as it stands in the file, and who it belongs to. Nothing is renewed. */
import { homedir } from "node:os";
import type { NodeConfig } from "../options/config.js";
import { systemClock } from "../clock.js";
import { StorageError } from "../errors.js";
import { oneLine } from "../options/log.js";
import { checkPrivateDirectory } from "../node/files/private-directory.js";
import { openFileStore } from "../node/files/store.js";
import { sha256 } from "../node/sha256.js";
import { sessionPlace } from "../node/token-directory.js";
import { sessionKey } from "../session/record-format.js";
import { decodeRecord } from "../session/record.js";
import { accessTokenOf, claimsOf, type IdTokenClaims, type SessionRecord, timeLeft } from "../token-set.js";

export interface StoredSession {
  readonly claims: IdTokenClaims | undefined;
  /** Of the access token, in ISO 8601; absent where none is stored. */
  readonly expiresAt: string | undefined;
  readonly secondsLeft: number;
  readonly renewable: boolean;
  /** Whether a token can be had without a person. */
  readonly usable: boolean;
}

export function directoryOf(config: NodeConfig): string | undefined {
  const place = sessionPlace(config.storageDirectory, process.env, homedir);
  return typeof place === "string" ? place : undefined;
}

async function readStoredRecord(config: NodeConfig): Promise<SessionRecord | undefined> {
  const { storage, noCache, withoutKeychain } = config;
  const directory = directoryOf(config);
  if (directory === undefined || noCache || storage === "memory") return undefined;
  const key = await sessionKey(config, sha256);
  if (storage === "shared-database" && config.flow !== "client_credentials") {
    return await readFromDatabase(config, directory, key);
  }
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

async function readFromDatabase(config: NodeConfig, place: string, name: string): Promise<SessionRecord | undefined> {
  const [{ openSharedDatabase }, { openFileLock }] = await Promise.all([
    import("../node/shared-database/open.js"),
    import("../node/files/lock.js"),
  ]);
  const onTrouble = (error: StorageError) => config.log.warn(error.message);
  const clock = systemClock;
  const lockIn = (directory: string) => openFileLock({ directory, clock, onTrouble, outlastsDead: true });
  const opened = await openSharedDatabase(config, name, { place, lockIn, clock, onTrouble });
  const record = decodeRecord(await opened?.store.read(opened.key), config);
  if (record instanceof StorageError) onTrouble(record);
  return record instanceof StorageError ? undefined : record;
}

async function readFromFile(config: NodeConfig, directory: string, key: string): Promise<SessionRecord | undefined> {
  const troubles: StorageError[] = [];
  const onTrouble = (error: StorageError) => void troubles.push(error);
  const timeoutMs = config.storageTimeoutMs;
  const { store } = openFileStore({ directory, onTrouble, clock: systemClock, timeoutMs });
  const record = decodeRecord(await store.read(key), config);
  const isFault = record instanceof StorageError;
  // What cannot be understood is no session, as with a client.
  for (const { message } of isFault ? [...troubles, record] : troubles) config.log.warn(message);
  return isFault ? undefined : record;
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
export function publicClaims(claims: IdTokenClaims): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !INNER.includes(name)));
}
