/** Stored sessions, and a store in memory with a lock of its own. */
import { createMemoryLock } from "../../src/session/in-memory.js";
import { systemClock } from "../../src/clock.js";
import { secret } from "./server.js";
import { CLIENT, ISSUER, idTokenClaims, sign } from "./provider.js";
import type { Json } from "./values.js";

export interface Memory {
  readonly store: {
    get(key: string): Promise<unknown>;
    set(key: string, value: unknown): Promise<void>;
    delete(key: string): Promise<void>;
    readonly lock: ReturnType<typeof createMemoryLock>;
  };
  /** The one record as text. */
  text(): string | undefined;
}

/** A store that gives `value` for whatever key is asked, until something is written. */
export function memoryOf(value: unknown): Memory {
  let text: string | undefined = typeof value === "string" ? value : JSON.stringify(value);
  return {
    store: {
      get: async () => (text === undefined ? undefined : (JSON.parse(text) as unknown)),
      set: async (_key, next) => {
        text = JSON.stringify(next);
      },
      delete: async () => {
        text = undefined;
      },
      lock: createMemoryLock(systemClock),
    },
    text: () => text,
  };
}

/** A good session as of now, with a refresh token. */
export async function recordNow(): Promise<Json> {
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  return {
    version: 1,
    id: "2f8f4d4e-5d4a-4df0-9d0c-0c8a5c1f2b11",
    issuer: ISSUER,
    clientId: CLIENT,
    subject: "alice",
    refreshToken: secret.refresh,
    idToken: await sign({ ...idTokenClaims(), iat: seconds, exp: seconds + 300 }),
    accessTokens: {
      default: {
        token: secret.access,
        tokenType: "Bearer",
        obtainedAt: now - 1000,
        expiresAt: now + 300_000,
        scopes: ["openid"],
        audiences: [],
      },
    },
  };
}
