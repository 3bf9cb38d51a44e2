/**
 * What a client in a page stands on. A session that lies ready in IndexedDB is read with as little code as can be; where
 * anything is out of the ordinary, the session is loaded, and finds out what it is.
 */
import type { BrowserSettings } from "../options/config.js";
import type { Ground } from "../client/ground.js";
import type { SessionChannel } from "../ports.js";
import { beforeDeadline } from "../settle.js";
import { isSessionRecord } from "../session/record-format.js";
import { sessionKey } from "../session/session-key.js";
import { systemClock as clock } from "../clock.js";
import { openBroadcastChannel } from "./broadcast-channel.js";
import { digest } from "./digest.js";
import { openDatabase } from "./indexeddb.js";
import { onRestored } from "./page-restored.js";

/** A database that answers no sooner is the business of the session, which waits longer and says so. */
const PEEK_MS = 1000;

/** Whether the address may hold an answer of the provider's, to this page or to another one. */
const hasState = () => typeof location !== "undefined" && /[?&]state=/.test(location.search);

export function createBrowserGround(config: BrowserSettings): Ground {
  const address = typeof location === "undefined" ? undefined : location.href;
  const isAwaited = hasState();
  const ground: Ground = {
    clock,
    isAwaited,
    loadSession: async (memory, events) => {
      const { createBrowserSession } = await import("./browser-session.js");
      return createBrowserSession(config, address, memory, events);
    },
  };
  if (config.noCache || config.storage !== "indexeddb") return ground;
  let database: ReturnType<typeof openDatabase> | undefined;
  let channel: SessionChannel | undefined;
  let key: Promise<string> | undefined;
  let stop: (() => void) | undefined;
  let isClosed = false;

  const watch = (name: string, onNews: () => void) => {
    if (stop || isClosed) return;
    channel = openBroadcastChannel();
    channel?.subscribe((changed) => {
      if (changed === name) onNews();
    });
    stop = onRestored(onNews);
  };
  const read = async (onNews: () => void) => {
    // It connects while the key is computed.
    database ??= openDatabase(() => {
      database = undefined;
      onNews();
    });
    key ??= sessionKey(config, digest);
    const name = await key;
    watch(name, onNews);
    // Without one the session looks at the store again and again.
    return channel && (await database?.get(name));
  };
  const late = () => new Error("late");
  return {
    ...ground,
    peek: async (onNews) => {
      if (isAwaited || hasState()) return undefined;
      const value = await beforeDeadline(clock, PEEK_MS, late, () => read(onNews)).catch(() => {});
      return isSessionRecord(value, config) ? value : undefined;
    },
    forget: async () => {
      const name = await (key ??= sessionKey(config, digest));
      database ??= openDatabase(() => {});
      await database.delete(name);
      // Nobody may have looked yet, so that there is none.
      channel ??= openBroadcastChannel();
      channel?.post(name);
    },
    close: () => {
      isClosed = true;
      stop?.();
      channel?.close();
    },
  };
}
