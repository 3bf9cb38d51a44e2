/**
 * RSA keys for the providers of tests. To make one takes a quarter of a second, longer than most tests: a run of the tests
 * keeps those it has made, and each process takes them in their order.
 */
import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { keptByRun } from "./kept.js";

/** How many this process has taken. */
let taken = 0;

/** A private key of 2048 bits that this process has not had before. */
export function nextRsaKey(): JsonWebKey {
  taken += 1;
  const file = keptByRun(`rsa-${taken}.json`);
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as JsonWebKey;
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  if (file !== undefined) keep(key, file);
  return key;
}

function keep(key: JsonWebKey, file: string): void {
  // Others find the whole file or none.
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, JSON.stringify(key), { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // A test that makes the disk fail, or is another user: the next one keeps it.
  }
}
