/** What a page does when it has nothing else to do. */

/** Where the browser does not tell of idle time (Safari), a page has none before this. */
const SOON_MS = 2000;
/** A page that is never idle is asked all the same. */
const LONGEST_MS = 20_000;

export function whenIdle(action: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(action, { timeout: LONGEST_MS });
  else setTimeout(action, SOON_MS);
}
