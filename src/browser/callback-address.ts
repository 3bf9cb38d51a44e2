/** The address bar, as far as an authorization response may stand in it (RFC 6749 §4.1.2). */

/** A response that was found there, not yet believed. */
export interface AddressResponse {
  readonly url: URL;
  readonly states: readonly string[];
}

/** Whether the query looks like a response: cheap enough for each call. */
const looksLikeResponse = (query: string) => /[?&]state=/.test(query) && /[?&](code|error)=/.test(query);

export class CallbackAddress {
  /** What stood there when the client was made: a router may rewrite the address before the first call. */
  #first: AddressResponse | undefined;
  /** The query that was looked at already. */
  #done: string | undefined;

  constructor() {
    this.#first = this.#read();
  }

  /** The response that waits to be looked at. */
  get response(): AddressResponse | undefined {
    const found = this.#read() ?? this.#first;
    return found?.url.search === this.#done ? undefined : found;
  }

  /** The response was dealt with, or is not ours. */
  done(response: AddressResponse): void {
    this.#done = response.url.search;
    this.#first = undefined;
  }

  /**
   * Puts back the address that the person had when the login began, without a new history entry; only while the response
   * still stands there. An app with a router is told as by the back button, where the address is another one now.
   */
  restore(response: AddressResponse, returnTo: string): void {
    this.done(response);
    if (location.search !== response.url.search) return;
    const before = location.pathname;
    replaceAddress(returnTo);
    if (location.pathname === before && location.search === "" && location.hash === "") return;
    dispatchEvent(new PopStateEvent("popstate", { state: history.state as unknown }));
  }

  #read(): AddressResponse | undefined {
    if (typeof location === "undefined" || !looksLikeResponse(location.search)) return undefined;
    const url = new URL(location.href);
    return { url, states: url.searchParams.getAll("state") };
  }
}

/** The page as it is now, to come back to: never an origin, so that it cannot lead elsewhere. */
export function pageAddress(): string {
  return location.pathname + location.search + location.hash;
}

/** Shows `path` of this origin in the address bar instead. What is no path of this origin is not shown. */
export function replaceAddress(path: string): void {
  const target = location.origin + path;
  // "//evil" after the origin is a path of ours; "@evil" or ":80" would make another host of it.
  if (path.startsWith("/") && new URL(target).origin === location.origin)
    history.replaceState(history.state, "", target);
}
