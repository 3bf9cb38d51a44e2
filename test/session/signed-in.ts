/** A client that has signed in with a store of the program's own, and what its store can be made to answer. */
import { fragileStore } from "../hostile/world/records.js";
import { startWorld } from "../hostile/world.js";

export const never = { interaction: "never" } as const;
export const forced = { ...never, forceRefresh: true };
export const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
export const broken = Object.assign(new Error("broken"), { code: "EIO" });

/** A signed-in client of a store of the program's own, and the storage events that it emits. */
export async function signedIn(storageTimeoutSeconds = 2) {
  const world = await startWorld();
  const { store, records, fail } = fragileStore();
  const options = { storage: store, storageTimeoutSeconds };
  const client = world.client(options);
  await client.getAccessToken();
  const kinds: string[] = [];
  client.on("storage", ({ error }) => kinds.push(error.kind));
  const next = () => world.client({ ...options, ...never });
  return { world, client, store, records, fail, kinds, next };
}
