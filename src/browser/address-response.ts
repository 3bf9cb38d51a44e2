/** The address bar, as far as an authorization response may stand in it (RFC 6749 §4.1.2). */
import { replaceAddress } from "./page.js";

/** A response that was found there, not yet believed. */
export interface FoundResponse {
  readonly url: URL;
  readonly states: readonly string[];
}

/** Whether the query looks like a response: cheap enough for each call. */
const looksLikeResponse = (query: string) => /[?&]state=/.test(query) && /[?&](code|error)=/.test(query);

export class AddressResponse {
  #first: FoundResponse | undefined;
  /** The query that was dealt with already. */
  #done: string | undefined;

  /** `first` is what stood there when the client was made: a router may rewrite the address before the first call. */
  constructor(first: string | undefined) {
    this.#first = readResponse(first);
  }

  /** The response that waits to be dealt with. */
  get found(): FoundResponse | undefined {
    const found = readResponse(globalThis.location?.href) ?? this.#first;
    return found?.url.search === this.#done ? undefined : found;
  }

  /** The response was dealt with, or is not ours. */
  done(response: FoundResponse): void {
    this.#done = response.url.search;
    this.#first = undefined;
  }
}

function readResponse(address: string | undefined): FoundResponse | undefined {
  const url = address === undefined ? undefined : new URL(address);
  return url && looksLikeResponse(url.search) ? { url, states: url.searchParams.getAll("state") } : undefined;
}

/**
 * Puts back the address that the person had when the login began, without a new history entry; only while the response
 * still stands there. An app with a router is told as by the back button, where the address is another one now.
 */
export function restoreAddress(response: FoundResponse, returnTo: string): void {
  if (location.search !== response.url.search) return;
  const before = location.pathname;
  replaceAddress(returnTo);
  if (location.pathname === before && location.search === "" && location.hash === "") return;
  dispatchEvent(new PopStateEvent("popstate", { state: history.state as unknown }));
}

/** Takes the `state` of a sign-out out of the address, and nothing else; only while it still stands there. */
export function removeState(state: string): void {
  const now = new URL(location.href);
  if (now.searchParams.get("state") !== state) return;
  now.searchParams.delete("state");
  replaceAddress(now.pathname + now.search + now.hash);
}
