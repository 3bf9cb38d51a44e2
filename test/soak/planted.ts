/** A fault by hand, which the checker has to find. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkHistory } from "../history/check.js";
import type { Event } from "../history/events.js";
import type { Recorder } from "../history/recorder/client.js";
import type { StoreOptions } from "./options.js";

/** The refresh token that the store of these options holds. */
function storedToken({ storageDirectory, clientId }: StoreOptions) {
  for (const name of readdirSync(storageDirectory)) {
    if (!/^s-[0-9a-f]{64}\.json$/.test(name)) continue;
    const record = JSON.parse(readFileSync(join(storageDirectory, name), "utf8")) as Record<string, string>;
    if (record.clientId === clientId) return record.refreshToken;
  }
  return undefined;
}

/** Sends each refresh token that has been replaced once more, as a client might that has read the store without the lock. */
export async function sendOldToken(recorder: Recorder, options: StoreOptions, signal: AbortSignal): Promise<void> {
  const { client, fetch } = recorder.open({ ...options, openBrowser: async () => {} });
  let last: string | undefined;
  while (!signal.aborted) {
    await sleep(100);
    const current = await Promise.resolve()
      .then(() => storedToken(options))
      .catch(() => undefined);
    const used = last;
    last = current;
    if (used === undefined || current === undefined || used === current) continue;
    const body = new URLSearchParams({ grant_type: "refresh_token", client_id: options.clientId, refresh_token: used });
    await fetch(`${options.issuer}/connect/token`, { method: "POST", body }).catch(() => undefined);
  }
  await client.close();
}

/** Whether the checker has found it. */
export const isFound = (history: readonly Event[]): boolean =>
  checkHistory(history).some(
    ({ rule, fault }) => rule === 1 && fault.startsWith("a one-time refresh token is sent again"),
  );
