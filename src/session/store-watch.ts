/** Watches of stores that tell nobody of changes. */
import type { Clock, StoreWatch } from "../ports.js";

/** How long another program's change of the record may go unnoticed. */
const READ_AGAIN_AFTER_MS = 1000;

/** The record counts as changed after a second. */
export function watchByTime(clock: Clock): StoreWatch {
  let markedAt = Number.NEGATIVE_INFINITY;
  return {
    trustMs: READ_AGAIN_AFTER_MS,
    hasChanged: () => clock.monotonic() - markedAt >= READ_AGAIN_AFTER_MS,
    mark: () => {
      markedAt = clock.monotonic();
    },
    announce: () => {},
    close: () => {},
  };
}

/** For a store that nobody else shares. */
export const watchNothing: StoreWatch = {
  trustMs: Number.POSITIVE_INFINITY,
  hasChanged: () => false,
  mark: () => {},
  announce: () => {},
  close: () => {},
};
