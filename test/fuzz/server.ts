/** An authorization server over a fuzzed network, on a clock whose pauses pass at once. */
import { readNodeOptions } from "../../src/node/options.js";
import type { OidcClientOptions } from "../../src/options/options.js";
import type { Clock } from "../../src/ports.js";
import type { Transaction } from "../../src/protocol/authorization.js";
import { AuthorizationServer } from "../../src/protocol/authorization-server.js";
import { CLIENT, ISSUER, NOW } from "./provider.js";

const REQUEST_TIMEOUT_MS = 30_000;

/** The secrets of a run: none of them may stand in an error. */
export const secret = {
  code: "CANARY-code-6f3a9b2e51d04c77",
  state: "CANARY-state-1d7e0c8f42ab9935",
  nonce: "CANARY-nonce-93be5a6610fd27c4",
  verifier: "CANARY-verifier-7a41c0de8825ff19e3b6",
  refresh: "CANARY-refresh-5b8d13f7a2c94e60",
  next: "CANARY-next-c21f78e4d9036ab5",
  access: "CANARY-access-0e94d7c3b65f1a28",
  fresh: "CANARY-fresh-e57a03b91cd8f264",
  device: "CANARY-device-48c0a5e2971db3f6",
} as const;
export const secrets: readonly string[] = Object.values(secret);

export const transaction: Transaction = {
  state: secret.state,
  nonce: secret.nonce,
  codeVerifier: secret.verifier,
  redirectUri: "http://127.0.0.1:1",
  createdAt: NOW,
};

export class PassingClock implements Clock {
  pauses = 0;
  #passed = 0;

  readonly now = (): number => NOW + this.#passed;

  monotonic(): number {
    return this.#passed;
  }

  /** A pause is over at once. No request here is slow. */
  after(ms: number, action: () => void): () => void {
    if (ms !== REQUEST_TIMEOUT_MS) {
      this.pauses += 1;
      this.#passed += ms;
      queueMicrotask(action);
    }
    return () => {};
  }

  background(ms: number, action: () => void): () => void {
    return this.after(ms, action);
  }
}

export function options(fetch: typeof globalThis.fetch): OidcClientOptions {
  return { clientId: CLIENT, issuer: ISSUER, maxResponseBytes: 65_536, fetch };
}

export function makeServer(fetch: typeof globalThis.fetch, clock: Clock = new PassingClock()): AuthorizationServer {
  return new AuthorizationServer(readNodeOptions(options(fetch), {} as NodeJS.ProcessEnv), clock);
}

/** The response of a login that went well. */
export const goodCallback = (): URLSearchParams =>
  new URLSearchParams({ code: secret.code, state: secret.state, iss: ISSUER });
