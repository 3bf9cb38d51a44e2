/** News between the tabs of an origin: the key that changed and nothing else. */
import type { SessionChannel } from "../ports.js";

const NAME = "keystone-auth";

/** A channel for one client; `undefined` where the browser has none: other tabs then learn of changes from the store. */
export function openBroadcastChannel(): SessionChannel | undefined {
  if (typeof BroadcastChannel === "undefined") return undefined;
  let channel: BroadcastChannel;
  try {
    channel = new BroadcastChannel(NAME);
  } catch {
    // An opaque origin has no channel in some engines.
    return undefined;
  }
  let closed = false;
  return {
    post: (key) => {
      if (!closed) channel.postMessage(key);
    },
    subscribe: (listener) => {
      // Only our own origin can post here; whatever else of it uses this name is not believed.
      const onMessage = ({ data }: MessageEvent) => {
        if (typeof data === "string") listener(data);
      };
      channel.addEventListener("message", onMessage);
      return () => channel.removeEventListener("message", onMessage);
    },
    close: () => {
      closed = true;
      channel.close();
    },
  };
}
