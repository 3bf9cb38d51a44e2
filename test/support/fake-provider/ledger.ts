/** Counts what must be counted: requests by endpoint, posts of each code and each refresh token. */
import type { EndpointName, RecordedRequest } from "./types.js";

interface Waiter {
  readonly endpoint: EndpointName;
  readonly count: number;
  readonly resolve: (request: RecordedRequest) => void;
}

const bump = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1);
const highest = (map: Map<string, number>): number => Math.max(0, ...map.values());

/** The books of one provider. */
export class Ledger {
  /** Every request, oldest first. */
  readonly requests: RecordedRequest[] = [];
  /** How often each refresh token came to the token endpoint, whatever the answer was. */
  readonly postsOfRefreshToken = new Map<string, number>();
  /** How often each code came to the token endpoint, whatever the answer was. */
  readonly postsOfCode = new Map<string, number>();
  #waiters: Waiter[] = [];

  record(request: RecordedRequest): void {
    this.requests.push(request);
    if (request.endpoint === "token" && request.method === "POST") {
      for (const token of request.form.getAll("refresh_token")) bump(this.postsOfRefreshToken, token);
      for (const code of request.form.getAll("code")) bump(this.postsOfCode, code);
    }
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.endpoint !== request.endpoint || this.count(waiter.endpoint) < waiter.count) return true;
      waiter.resolve(request);
      return false;
    });
  }

  /** Requests to an endpoint (CORS preflights do not count), or to all of them; `grantType` narrows it to one grant. */
  count(endpoint?: EndpointName, grantType?: string): number {
    return this.requests.filter(
      (request) =>
        request.method !== "OPTIONS" &&
        (endpoint === undefined || request.endpoint === endpoint) &&
        (grantType === undefined || request.form.get("grant_type") === grantType),
    ).length;
  }

  /** Invariant I5: at most 1. */
  maxPostsPerRefreshToken(): number {
    return highest(this.postsOfRefreshToken);
  }

  /** Invariant I6: at most 1. */
  maxPostsPerCode(): number {
    return highest(this.postsOfCode);
  }

  /** Resolves when so many requests [1] have come to the endpoint since the ledger was last cleared: with the newest one. */
  waitFor(endpoint: EndpointName, count = 1): Promise<RecordedRequest> {
    const had = this.requests.filter((request) => request.endpoint === endpoint && request.method !== "OPTIONS");
    const reached = had.length >= count ? had.at(-1) : undefined;
    if (reached !== undefined) return Promise.resolve(reached);
    return new Promise((resolve) => this.#waiters.push({ endpoint, count, resolve }));
  }

  /** Forgets all requests and counts. Secrets and sessions stay. */
  clear(): void {
    this.requests.length = 0;
    this.postsOfRefreshToken.clear();
    this.postsOfCode.clear();
  }
}
