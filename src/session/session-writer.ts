/** Writing the session of a key. Loaded with what brings a session: a renewal or a login. */
import { storageError } from "./bounded-store.js";
import { isNewerRecord, readRecord, sameState } from "./session-record.js";
import type { SessionStore } from "./session-store.js";
import type { SessionRecord } from "../token-set.js";

/** What became of a compare-and-set, and what is current after it. */
export interface Replaced {
  readonly applied: boolean;
  readonly current: SessionRecord | undefined;
}

/**
 * Stores `next` if the store still holds `expected` ("any": whatever it holds). Never rejects: where the store fails,
 * `next` is current all the same, and the `storage` event tells.
 */
export async function replaceSession(
  store: SessionStore,
  expected: SessionRecord | undefined | "any",
  next: SessionRecord,
): Promise<Replaced> {
  let stored = expected === "any" ? undefined : expected;
  try {
    return await store.locked(async () => {
      const value = await store.raw.get(store.key);
      const found = store.understand(value);
      stored = store.unsaved ? store.unsaved.over : found;
      if (expected !== "any" && !sameState(found, expected)) return { applied: false, current: found };
      if (isNewerRecord(value)) throw readRecord(value, store.config);
      await store.raw.set(store.key, next);
      store.written(next);
      return { applied: true, current: next };
    });
  } catch (error) {
    const over = stored;
    store.keepUnsaved(next, over, () => replaceSession(store, over, next));
    store.tell(storageError(error, "written"));
    return { applied: true, current: next };
  }
}
