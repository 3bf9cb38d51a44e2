/**
 * The floor of many processes with an expired token: what a program would write for itself. A lock of a few lines (a file
 * that only one can create, tried again and again), the record read again under it, and a refresh by whoever is first,
 * with the requests that our own refresh makes. `node simple-lock.mjs OPTIONS`: waits for a line, then takes the token.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const { issuer, clientId, record } = JSON.parse(process.argv[2]);
const POLL_MS = 10;

const read = () => JSON.parse(readFileSync(record, "utf8"));
const isFresh = ({ expiresAt }) => expiresAt > Date.now();

async function locked(work) {
  const file = `${record}.lock`;
  for (;;) {
    try {
      closeSync(openSync(file, "wx"));
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      await sleep(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    unlinkSync(file);
  }
}

const json = async (url, init) => (await fetch(url, init)).json();

async function refresh({ refreshToken }) {
  const metadata = await json(`${issuer}/.well-known/openid-configuration`);
  await json(metadata.jwks_uri);
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: clientId });
  const answer = await json(metadata.token_endpoint, { method: "POST", body });
  const refreshed = {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
  };
  writeFileSync(`${record}.new`, JSON.stringify(refreshed), { mode: 0o600, flush: true });
  renameSync(`${record}.new`, record);
  return refreshed;
}

async function take() {
  const stored = read();
  if (isFresh(stored)) return stored.accessToken;
  const current = await locked(async () => {
    const again = read();
    return isFresh(again) ? again : refresh(again);
  });
  return current.accessToken;
}

process.stdout.write("ready\n");
await once(process.stdin, "data");
const began = performance.now();
const token = await take();
const fingerprint = createHash("sha256").update(token).digest("hex");
process.stdout.write(`${JSON.stringify({ fingerprint, ms: performance.now() - began })}\n`);
process.stdin.destroy();
