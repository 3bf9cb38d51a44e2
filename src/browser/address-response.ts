/** The address bar, as far as an authorization response may stand in it (RFC 6749 §4.1.2). */
import { replaceAddress } from "./page.js";

/** A response that was found there, not yet believed. */
export interface FoundResponse {
  /** The address as the provider sent it, as far as that was seen. */
  readonly url: URL;
  /** None where the provider has sent an error without. */
  readonly states: readonly string[];
}

const statesOf = (url: URL): string[] => url.searchParams.getAll("state");

/** Whether the address holds the response, by its state: a router may have spelt the rest in another way. */
export function holdsResponse(url: URL, { states, url: { searchParams } }: FoundResponse): boolean {
  if (states.length > 0) return statesOf(url).some((state) => states.includes(state));
  return url.searchParams.has("error") && url.searchParams.get("error") === searchParams.get("error");
}

export class AddressResponse {
  readonly #first: FoundResponse | undefined;
  readonly #done = new Set<string>();

  /**
   * `first` is what stood there when the client was made: a router may rewrite the address since. `isExpected` says whether
   * an error without a state is meant for this client.
   */
  constructor(first: string | undefined, isExpected: (url: URL) => boolean) {
    this.#first = readResponse(first) ?? readError(first, isExpected);
  }

  /** The response that waits to be dealt with. */
  get found(): FoundResponse | undefined {
    const { now } = this;
    const first = this.#first;
    // Of one response the first sight counts: it is closest to what the provider has sent.
    const found = now && !(first && holdsResponse(now.url, first)) ? [now, first] : [first];
    return found.find((response) => response && !this.#done.has(keyOf(response)));
  }

  /** What stands in the address now. */
  get now(): FoundResponse | undefined {
    return readResponse(globalThis.location?.href);
  }

  /** The response was dealt with, or is not ours. */
  done(response: FoundResponse): void {
    this.#done.add(keyOf(response));
  }
}

const keyOf = ({ states }: FoundResponse): string => states.join(" ");

/** Cheap enough for each call where the address holds none. */
function readResponse(address: string | undefined): FoundResponse | undefined {
  if (address === undefined || !/[?&]state=/.test(address)) return undefined;
  const url = new URL(address);
  // Also without code and error: under a state of ours that is an answer, which no provider would send.
  return url.searchParams.has("state") ? { url, states: statesOf(url) } : undefined;
}

function readError(address = "", isExpected: (url: URL) => boolean): FoundResponse | undefined {
  if (!/[?&]error=/.test(address) || /[?&]state=/.test(address)) return undefined;
  const url = new URL(address);
  return isExpected(url) ? { url, states: [] } : undefined;
}

/** Takes the `state` of a sign-out out of the address, and nothing else; only while it still stands there. */
export function removeState(state: string): void {
  const now = new URL(location.href);
  if (now.searchParams.get("state") !== state) return;
  now.searchParams.delete("state");
  replaceAddress(now.pathname + now.search + now.hash);
}
