/** Waiting for a file that another program has: SQLite is asked again and again, and the program goes on meanwhile. */
import type { Clock } from "../../ports.js";
import { pause } from "../../settle.js";
import type { SharedFile } from "./database.js";
import { Busy, heldByOthers } from "./database-error.js";

/** Between the tries of a call, while another program has the file. */
const PAUSES_MS = [5, 10, 20, 40];

export interface Patience {
  readonly clock: Clock;
  /** How long a call waits for other programs, in milliseconds. */
  readonly timeoutMs: number;
}

/** Tries again while another program has the file. Rejects with StorageError. */
export async function patiently<T>(
  { path }: SharedFile,
  { clock, timeoutMs }: Patience,
  work: () => T | Promise<T>,
): Promise<T> {
  const end = clock.monotonic() + timeoutMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      const ms = PAUSES_MS[tries] ?? 50;
      if (clock.monotonic() + ms > end) throw heldByOthers(path);
      await pause(clock, ms);
    }
  }
}
