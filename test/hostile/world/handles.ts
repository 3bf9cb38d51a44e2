/** I4: what keeps a process alive. Compared before and after, since the test runner has handles of its own. */
/** What a client can leave behind: timers, servers, watchers, children, channels. Sockets are the provider's and go with it. */
const KINDS = ["Timeout", "TCPServerWrap", "FSEvent", "FSEventWrap", "ProcessWrap", "MessagePort", "SignalWrap"];

function count(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Gives a function that rejects when more handles are open than now. Closing takes a few turns of the event loop. */
export function watchHandles(graceMs = 2000): () => Promise<void> {
  const before = count();
  return async () => {
    const end = performance.now() + graceMs;
    for (;;) {
      const after = count();
      const left = KINDS.filter((kind) => (after.get(kind) ?? 0) > (before.get(kind) ?? 0));
      if (left.length === 0) return;
      if (performance.now() > end) {
        const told = left.map((kind) => `${kind} (${before.get(kind) ?? 0} before, ${after.get(kind)} after)`);
        throw new Error(`I4: handles are still open: ${told.join(", ")}`);
      }
      // Unreferenced, so that it is itself no handle that counts.
      await new Promise((resolve) => setTimeout(resolve, 5).unref());
    }
  };
}
