/** The address bar, as far as an authorization response may stand in it (RFC 6749 §4.1.2). */

/** A response that was found there, not yet believed. */
export interface AddressResponse {
  readonly url: URL;
  readonly states: readonly string[];
}

/** Whether the query looks like a response: cheap enough for each call. */
const looksLikeResponse = (query: string) => /[?&]state=/.test(query) && /[?&](code|error)=/.test(query);

export class CallbackAddress {
  #first: AddressResponse | undefined;
  /** The query that was looked at already. */
  #done: string | undefined;

  /** `first` is what stood there when the client was made: a router may rewrite the address before the first call. */
  constructor(first: string | undefined) {
    this.#first = readResponse(first);
  }

  /** The response that waits to be looked at. */
  get response(): AddressResponse | undefined {
    const found = readResponse(globalThis.location?.href) ?? this.#first;
    return found?.url.search === this.#done ? undefined : found;
  }

  /** The response was dealt with, or is not ours. */
  done(response: AddressResponse): void {
    this.#done = response.url.search;
    this.#first = undefined;
  }
}

function readResponse(address: string | undefined): AddressResponse | undefined {
  const url = address === undefined ? undefined : new URL(address);
  return url && looksLikeResponse(url.search) ? { url, states: url.searchParams.getAll("state") } : undefined;
}
