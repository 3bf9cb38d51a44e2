/** How a client learns that a neighbour has changed the row: by the stats of the file and its journal, and by the row where they leave a doubt. */
import { type BigIntStats, lstatSync } from "node:fs";
import type { Clock, StoreWatch } from "../../ports.js";
import { pause } from "../../settle.js";
import { type Row, type SharedFile, sameRow } from "./database.js";

const TRUST_MS = 1000;
/** File times stand still for some milliseconds, on FAT for two seconds: a change meanwhile looks like none. */
const SETTLED_AFTER_MS = 2500;
/** How long a neighbour may take to store what the provider has given it: it looks at the tokens first. */
const STORES_WITHIN_MS = 1000;
const POLL_MS = 50;

interface Mark {
  readonly row: Row | undefined;
  /** What the files looked like before the row was read, and since when. */
  stats: string;
  since: number;
  /** Whether they looked like that long after their last change. */
  isSettled: boolean;
}

/** `beside` watches the mark of a sign-out. */
export function watchRow(file: SharedFile, beside: StoreWatch, clock: Clock): StoreWatch {
  let marked: Mark | undefined;
  const isSame = (mark: Mark): boolean => {
    const stats = statsOf(file.path);
    if (stats === mark.stats && mark.isSettled) return true;
    const now = clock.monotonic();
    if (!sameRow(rowIn(file), mark.row)) return false;
    if (stats !== mark.stats) Object.assign(mark, { stats, since: now });
    mark.isSettled = now - mark.since > SETTLED_AFTER_MS;
    return true;
  };
  const hasChanged = () => {
    try {
      return beside.hasChanged() || marked === undefined || !isSame(marked);
    } catch {
      // The file is busy or cannot be read: whoever reads it waits for it.
      return true;
    }
  };
  return {
    trustMs: TRUST_MS,
    hasChanged,
    nextChange: async () => {
      const end = clock.monotonic() + STORES_WITHIN_MS;
      while (!hasChanged() && clock.monotonic() < end) await pause(clock, POLL_MS);
    },
    mark: () => {
      beside.mark();
      try {
        const stats = statsOf(file.path);
        marked = { stats, row: rowIn(file), since: clock.monotonic(), isSettled: false };
      } catch {
        marked = undefined;
      }
    },
    announce: () => {
      beside.announce();
      // It is from before this client's own change.
      marked = undefined;
    },
    close: () => beside.close(),
  };
}

/** @throws Busy; StorageError */
const rowIn = (file: SharedFile): Row | undefined => file.read();

/** @throws the file system's error */
function statsOf(path: string): string {
  return [path, `${path}-journal`, `${path}-wal`].map((each) => inWords(lstatOf(each))).join(" ");
}

const lstatOf = (path: string) => lstatSync(path, { bigint: true, throwIfNoEntry: false });

function inWords(stat: BigIntStats | undefined): string {
  if (stat === undefined) return "none";
  const { ino, ctimeNs, mtimeNs, size } = stat;
  return [ino, ctimeNs, mtimeNs, size].join(".");
}
