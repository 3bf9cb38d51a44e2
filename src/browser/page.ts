/** The page: its address, where it stands, and what the browser gives it. */
import type { LoginAttempt } from "../client/platform.js";
import { EnvironmentError, LoginRequiredError } from "../errors.js";
import type { BrowserConfig } from "../options/config.js";

export const hasPage = (): boolean => typeof document !== "undefined" && typeof location !== "undefined";

/** The page as it is now, to come back to: never an origin, so that it cannot lead elsewhere. */
export function pageAddress(): string {
  return location.pathname + location.search + location.hash;
}

/** Shows `path` of this origin in the address bar instead. What is no path of this origin is not shown. [`state`: as it is] */
export function replaceAddress(path: string, state: unknown = history.state): void {
  const target = location.origin + path;
  // "//evil" after the origin is a path of ours; "@evil" or ":80" would make another host of it.
  if (path.startsWith("/") && new URL(target).origin === location.origin) history.replaceState(state, "", target);
}

/** Whether a page of another origin holds this one in a frame. */
export function isFramedByOthers(): boolean {
  try {
    for (let page: Window = window; page !== page.parent; page = page.parent) {
      if (page.parent.location.origin !== location.origin) return true;
    }
    return false;
  } catch {
    return true;
  }
}

/** Refuses a login where there is no page to do it in. */
export function requirePage({ redirectUri }: BrowserConfig): { readonly redirectUri: string } {
  if (hasPage() && redirectUri !== undefined) return { redirectUri };
  throw new EnvironmentError(
    "Nobody can sign in here: there is no page (a worker, or a server that renders pages). Sign in from the page itself; " +
      "the session is then found here too, where the storage is the same. A server's own tokens come from " +
      'keystone-auth/node, in a route that runs in Node (Next: export const runtime = "nodejs").',
  );
}

/** The same for a login that shows something: a foreign page around this one could dress it up (RFC 9700 §4.16). */
export function requireLoginPage(config: BrowserConfig): { readonly redirectUri: string } {
  const page = requirePage(config);
  if (config.allowFramed || !isFramedByOthers()) return page;
  throw new LoginRequiredError(
    "framed",
    "This page is shown inside a page of another origin, where nobody can tell who asks for the sign-in. Open it in a " +
      "tab of its own, or set allowFramed where that page is yours.",
  );
}

/** @throws EnvironmentError (`environment`) where the page is no secure context, before anything is sent */
export function requireWebCrypto(): void {
  if (globalThis.crypto?.subtle as SubtleCrypto | undefined) return;
  throw new EnvironmentError(
    "Web Crypto is missing: this page is no secure context. Serve it over https, or http from localhost.",
  );
}

/** Resolves when a person sees the page; rejects when the signal fires. The time of the login does not run meanwhile. */
export function whenShown({ signal, pauseTime }: Pick<LoginAttempt, "signal" | "pauseTime">): Promise<void> {
  const goOn = pauseTime();
  return new Promise<void>((resolve, reject) => {
    const onChange = () => {
      if (document.visibilityState !== "hidden") end(resolve);
    };
    const onAbort = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      document.removeEventListener("visibilitychange", onChange);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    document.addEventListener("visibilitychange", onChange);
    signal.addEventListener("abort", onAbort, { once: true });
  }).finally(goOn);
}

/** Resolves when the page comes out of the back/forward cache; rejects when the signal fires. */
export function cameBack(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) end(resolve);
    };
    const onAbort = () => end(() => reject(signal.reason));
    const end = (settle: () => void) => {
      removeEventListener("pageshow", onShow);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    addEventListener("pageshow", onShow);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
