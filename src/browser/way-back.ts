/**
 * The way back after a redirect login: the response leaves the address bar, and the page that asked is shown again, without
 * a new history entry. A router is told as by the back button, or by `onReturn`.
 */
import type { BrowserConfig } from "../options/config.js";
import { type FoundResponse, holdsResponse } from "./address-response.js";
import { onAddressChange } from "./address-watch.js";
import { pageAddress, replaceAddress } from "./page.js";

/** What a provider adds to the redirect URI: RFC 6749 §4.1.2, RFC 9207 §2, OpenID Connect Session Management 1.0 §2. */
const OURS = ["code", "state", "iss", "session_state", "error", "error_description", "error_uri"];
/** A router that writes the response back again and again is left alone in the end. */
const MOST = 5;

type Pair = readonly [name: string, value: string, text: string];

/** The parameters of a query, each with its text as it is: nothing else of the app's address is spelt anew. */
function pairsOf(query: string): Pair[] {
  const texts = query.slice(1).split("&");
  return texts.flatMap((text) => [...new URLSearchParams(text)].map(([name, value]) => [name, value, text] as const));
}

const queryOf = (pairs: readonly Pair[]): string =>
  pairs.length === 0 ? "" : `?${pairs.map(([, , text]) => text).join("&")}`;

/** What is in `now` and came neither with the redirect URI nor with the response: the app's own, of this very page. */
function foreignOf(now: URL, arrived: URL, redirectUri: URL): Pair[] {
  const registered = redirectUri.searchParams;
  return pairsOf(now.search).filter(([name, value]) => {
    if (OURS.includes(name)) return false;
    if (registered.has(name)) return !registered.getAll(name).includes(value);
    return !arrived.searchParams.has(name);
  });
}

/** The address without the response: what the redirect URI itself had in its query stays. */
export function withoutResponse(now: URL, { url: arrived }: FoundResponse, redirectUri: URL): string {
  const own = pairsOf(now.search).filter(
    ([name]) => redirectUri.searchParams.has(name) || !(OURS.includes(name) || arrived.searchParams.has(name)),
  );
  return now.pathname + queryOf(own) + (now.hash === arrived.hash ? "" : now.hash);
}

/** The path, query and hash that asked, and what the app has added to the query since the response came. */
export function targetOf(now: URL, { url: arrived }: FoundResponse, returnTo: string, redirectUri: URL): string {
  const asked = new URL(`https://page${returnTo}`);
  const added = foreignOf(now, arrived, redirectUri).filter(([name]) => !asked.searchParams.has(name));
  const hash = returnTo.indexOf("#");
  const [path, fragment] = hash < 0 ? [returnTo, ""] : [returnTo.slice(0, hash), returnTo.slice(hash)];
  const query = queryOf(added);
  // A hash router has written its start into the address of the very page.
  const isSamePage = fragment === "" && asked.pathname === now.pathname && now.hash !== arrived.hash;
  return path + (path.includes("?") ? query.replace("?", "&") : query) + (isSamePage ? now.hash : fragment);
}

export class WayBack {
  readonly #watches = new Set<() => void>();
  readonly #entry = historyEntry();
  /** The page that asked, while the app's router has not shown it yet. */
  #awaited: { readonly at: string; readonly returnTo: string } | undefined;

  constructor(private readonly config: BrowserConfig) {}

  /** Where a login comes back to that begins now. */
  here(): string {
    const at = pageAddress();
    return this.#awaited?.at === at ? this.#awaited.returnTo : at;
  }

  /** Takes the response out of the address and shows the page that asked. Never throws. */
  restore(response: FoundResponse, returnTo: string): void {
    const now = new URL(location.href);
    const path = returnTo.startsWith("/") ? returnTo : "/";
    // A router has dropped the response, or written it anew; but whoever has gone on to another page stays there.
    const hasGoneOn = !holdsResponse(now, response) && this.#entry !== historyEntry();
    let left = MOST;
    const show = () => {
      left -= 1;
      try {
        this.#show(response, path);
      } catch {
        // A browser bounds how often the address may change.
        this.config.log.warn("the address could not be restored after the sign-in");
      }
    };
    if (!hasGoneOn) show();
    // A router whose first navigation is slower than the exchange writes the response back when that ends; so does the back button.
    const end = onAddressChange(() => {
      if (holdsResponse(new URL(location.href), response)) show();
      if (left > 0) return;
      end();
      this.#watches.delete(end);
    });
    this.#watches.add(end);
  }

  close(): void {
    for (const end of this.#watches) end();
    this.#watches.clear();
  }

  #show(response: FoundResponse, returnTo: string): void {
    const { onReturn, redirectUri = location.origin, log } = this.config;
    const before = new URL(location.href);
    const registered = new URL(redirectUri);
    const clean = withoutResponse(before, response, registered);
    const target = targetOf(before, response, returnTo, registered);
    const isRemembered = remembers(history.state, response);
    if (onReturn) {
      replaceAddress(clean, null);
      const given = pathOfOrigin(target);
      this.#awaited = { at: clean, returnTo: given };
      try {
        // A promise is not waited for: the router may wait for a token.
        const going: unknown = onReturn(given);
        if (going instanceof Promise)
          going.catch(() => log.warn("onReturn has rejected; the page that asked may not be shown"));
        return;
      } catch {
        log.warn("onReturn has thrown; the address is put back without it");
      }
    }
    // No state: a router keeps the address of the entry there, response included, and would write it back with its next step.
    replaceAddress(target, null);
    if (target !== clean || isRemembered) tellRouter(clean, before);
  }
}

/** With one slash at its beginning: a router that takes it for an address must not find a host in it. */
function pathOfOrigin(path: string): string {
  const { pathname, search, hash } = new URL(location.origin + path);
  return pathname.replace(/^\/+/, "/") + search + hash;
}

/** Tells a router as the back button does. `clean` is the address that it knows, without the response. */
function tellRouter(clean: string, { hash }: URL): void {
  const { href, hash: next } = location;
  dispatchEvent(new PopStateEvent("popstate", { state: null }));
  // Not the address that was: it held the response.
  if (next !== hash)
    dispatchEvent(new HashChangeEvent("hashchange", { oldURL: location.origin + clean, newURL: href }));
}

/** Whether a router has noted the response in the state of the history entry. */
function remembers(state: unknown, { states }: FoundResponse): boolean {
  try {
    const text = JSON.stringify(state) ?? "";
    return states.some((each) => text.includes(each));
  } catch {
    return false;
  }
}

/** What is the same as long as nobody goes on to another page. */
function historyEntry(): unknown {
  const { navigation } = globalThis as { navigation?: { currentEntry?: { key?: string } | null } };
  return navigation?.currentEntry?.key ?? (globalThis.history as History | undefined)?.length;
}
