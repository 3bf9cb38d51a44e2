/** Records in `sessionStorage`: one tab, until it closes. They survive a reload and a redirect login in the same tab. */
import type { RecordStore } from "../ports.js";

const PREFIX = "keystone-auth.";

function parse(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Given as it is: whoever reads it sees that it is no record, and says so.
    return text;
  }
}

/** The tab's own storage, or `undefined` where the browser gives none: the getter throws where storage is blocked. */
export function tabStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage ?? undefined;
  } catch {
    return undefined;
  }
}

export function createTabStore(storage: Storage): RecordStore {
  return {
    read: async (key) => parse(storage.getItem(PREFIX + key)),
    update: async (key, change) => {
      const answer = change(parse(storage.getItem(PREFIX + key)));
      if (answer && "value" in answer) storage.setItem(PREFIX + key, JSON.stringify(answer.value));
      else if (answer) storage.removeItem(PREFIX + key);
    },
    put: async (key, value) => storage.setItem(PREFIX + key, JSON.stringify(value)),
    delete: async (key) => storage.removeItem(PREFIX + key),
  };
}
