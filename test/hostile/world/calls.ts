/** I2 and I3: every call of a client is followed. It must settle, and one that fails and keeps the session keeps its bytes. */
import { isClaimMissing } from "../../../src/session/claim-missing.js";
import { isKeystoneAuthError, type OidcClient } from "../../../src/node/index.js";

const METHODS = [
  "getAccessToken",
  "getTokenSet",
  "getIdTokenClaims",
  "signIn",
  "signOut",
  "handleFrontchannelLogout",
  "destroyTokens",
  "destroyAccessToken",
  "close",
] as const;

export interface CallWatch {
  follow(client: OidcClient): void;
  /** A test changes the store with its own hands: calls that run at this moment are not compared. */
  meddled(): void;
  /** Rejects when a call never settled, or changed the store though its error says that the session was kept. */
  expectGood(): Promise<void>;
}

export function watchCalls(stored: () => Record<string, string>, graceMs = 5000): CallWatch {
  const pending = new Map<Promise<unknown>, string>();
  const faults: string[] = [];
  let activity = 0;

  const compare = (name: string, error: unknown, before: string, alone: boolean) => {
    // Whoever says "the session is kept" must not have touched it. Beside others, or after a sign-out, nothing can be said.
    if (!alone || !isKeystoneAuthError(error) || !error.sessionKept || error.code === "login_required") return;
    // The session is there; what it was renewed for has not come.
    if (isClaimMissing(error)) return;
    if (JSON.stringify(stored()) !== before) faults.push(`I2: ${name} failed with ${error.code} and changed the store`);
  };
  const followed = (name: string, work: () => Promise<unknown>) => {
    activity += 1;
    const mark = activity;
    const alone = () => mark === activity;
    const wasAlone = pending.size === 0;
    const before = JSON.stringify(stored());
    const call = work();
    pending.set(call, name);
    const settled = () => pending.delete(call);
    call.then(settled, (error: unknown) => {
      settled();
      compare(name, error, before, wasAlone && alone());
    });
    return call;
  };

  return {
    follow(client) {
      for (const name of METHODS) {
        const original = client[name] as (...values: unknown[]) => Promise<unknown>;
        const value = (...values: unknown[]) => followed(name, () => original.apply(client, values));
        Object.defineProperty(client, name, { value });
      }
    },
    meddled: () => void (activity += 1),
    async expectGood() {
      const end = performance.now() + graceMs;
      while (pending.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
      if (pending.size > 0) faults.push(`I3: never settled: ${[...pending.values()].join(", ")}`);
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
  };
}
