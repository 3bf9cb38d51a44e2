/** The stored session as a client sees it: what a sign-out has ended is none, also where nobody could delete it. */
import type { StorageError } from "../errors.js";
import type { OpenedStore } from "../ports.js";
import type { Owner } from "../session/record-format.js";
import { decodeRecord } from "../session/record.js";
import { isVoid, markKey, readMark } from "../session/sign-out-mark.js";
import type { SessionRecord } from "../token-set.js";

const MOST_READS = 2;

/**
 * The record, or what is wrong with it; `"ended"` where a sign-out has ended it and it lies there still. Nothing is written. Rejects
 * as the store does.
 */
export async function readLiveRecord(
  { store, key }: Pick<OpenedStore, "store" | "key">,
  owner: Owner,
): Promise<SessionRecord | StorageError | "ended" | undefined> {
  // Once more: a login may have come between the two reads.
  for (let reads = 1; ; reads += 1) {
    const record = decodeRecord(await store.read(key), owner);
    if (record === undefined || "code" in record) return record;
    if (!isVoid(record, readMark(await store.read(markKey(key))))) return record;
    if (reads === MOST_READS) return "ended";
  }
}
