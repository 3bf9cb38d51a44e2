/** Forgetting the access tokens alone: the next call renews. Loaded when it is asked for. */
import type { SessionView } from "./session-view.js";
import { replaceSession } from "./session-writer.js";

/** @throws StorageError (`storage`) where the store cannot be read */
export async function dropAccessTokens(view: SessionView): Promise<void> {
  const { store } = await view.open();
  for (;;) {
    const record = await store.read();
    if (record === undefined) return;
    const { applied, current } = await replaceSession(store, record, { ...record, accessTokens: {} });
    if (applied) return view.became(current);
  }
}
