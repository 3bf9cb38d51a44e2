/** The store of one client, whose next steps fail, hang or tell late, and the sessions that change in it. */
import { readNodeOptions } from "../../src/node/options.js";
import { createMemoryStore } from "../../src/session/in-memory.js";
import { beginSession } from "../../src/session/record.js";
import { KnownSignOuts } from "../../src/session/sign-out-mark.js";
import { SessionStore } from "../../src/session/store.js";
import type { SessionRecord } from "../../src/token-set.js";
import { FakeClock } from "../support/fake-clock.js";
import { full } from "./signed-in.js";

export const config = readNodeOptions({ clientId: "app", issuer: "https://id.example" }, {} as NodeJS.ProcessEnv);
export const KEY = "s";
export const limitMs = config.storageTimeoutMs;

/** "fail" for a refusal, a promise for a step that waits for it before it begins, or tells of its end only then. */
type Fault = "fail" | Promise<unknown> | { readonly after: Promise<unknown> };

/** What the next steps of the store do. */
interface Faults {
  read?: "fail" | { readonly after: Promise<unknown> } | undefined;
  updates: Fault[];
}

function withFaults(records: ReturnType<typeof createMemoryStore>, faults: Faults) {
  return {
    ...records,
    read: async (key: string) => {
      const fault = faults.read;
      if (fault === "fail") throw full;
      const value = await records.read(key);
      await fault?.after;
      return value;
    },
    update: async (...args: Parameters<typeof records.update>) => {
      const fault = faults.updates.shift();
      if (fault === "fail") throw full;
      if (fault instanceof Promise) await fault;
      await records.update(...args);
      if (fault && "after" in fault) await fault.after;
    },
  };
}

/** An empty store at the beginning of a test. `records` is what lies under the faults. */
export function openFaultyStore() {
  const clock = new FakeClock();
  const signOuts = new KnownSignOuts();
  const records = createMemoryStore();
  const faults: Faults = { updates: [] };
  const faulty = withFaults(records, faults);
  const store = new SessionStore(KEY, faulty, config, clock, () => {}, signOuts);
  /** A record of the session of that id, as the refresh of that number has left it. */
  const session = (id: string, number: number, ids: readonly string[] | undefined = []): SessionRecord => {
    const accessToken = {
      token: `${id}a${number}`,
      tokenType: "Bearer",
      expiresAt: clock.now() + 3_600_000,
      scopes: [],
      audiences: [],
    };
    const tokens = { accessToken: { ...accessToken, obtainedAt: clock.now() }, refreshToken: `${id}r${number}` };
    return beginSession(tokens, config, id, ids);
  };
  const stored = async () => ((await records.read(KEY)) as SessionRecord | undefined)?.refreshToken;
  const put = async (record: SessionRecord) => await records.put(KEY, record);
  return { clock, signOuts, records, faults, faulty, store, session, stored, put };
}

export const withoutToken = (record: SessionRecord): SessionRecord => ({ ...record, accessTokens: {} });

export function hanging(): { readonly hangs: Promise<void>; readonly goOn: () => void } {
  let goOn = () => {};
  const hangs = new Promise<void>((resolve) => (goOn = resolve));
  return { hangs, goOn };
}
