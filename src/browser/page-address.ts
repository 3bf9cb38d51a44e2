/** Reading and replacing what the address bar shows. */
import type { AddressResponse } from "./callback-address.js";

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

/**
 * Puts back the address that the person had when the login began, without a new history entry; only while the response
 * still stands there. An app with a router is told as by the back button, where the address is another one now.
 */
export function restoreAddress(response: AddressResponse, returnTo: string): void {
  if (location.search !== response.url.search) return;
  const before = location.pathname;
  replaceAddress(returnTo);
  if (location.pathname === before && location.search === "" && location.hash === "") return;
  dispatchEvent(new PopStateEvent("popstate", { state: history.state as unknown }));
}
