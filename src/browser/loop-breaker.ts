/**
 * Stops a page that sends its person to the provider again and again: the provider refuses at once, or the page forgets the
 * session that it gets. Counted by tab, in the one storage that a redirect keeps.
 */
import { LoginRequiredError } from "../errors.js";
import type { Clock } from "../ports.js";
import { forgetDeparture } from "./departure.js";
import { tabStorage } from "./tab-storage.js";

const KEY = "keystone-auth.redirects";
const REFUSED = "keystone-auth.refused-code";
/** Longer than any login takes that is asked for anew at once. */
const REFUSED_MS = 15 * 60_000;
const MOST = 5;
const WITHIN_MS = 30_000;

function recent(storage: Storage | undefined, now: number): number[] {
  try {
    const times: unknown = JSON.parse(storage?.getItem(KEY) ?? "[]");
    if (!Array.isArray(times)) return [];
    return times.filter((time): time is number => typeof time === "number" && time <= now && now - time < WITHIN_MS);
  } catch {
    return [];
  }
}

/** Notes that the page is about to leave. Throws LoginRequiredError where it has left too often. */
export function countRedirect(clock: Clock): void {
  const storage = tabStorage();
  const now = clock.now();
  const times = recent(storage, now);
  if (times.length >= MOST) {
    storage?.removeItem(KEY);
    throw new LoginRequiredError(
      "no_session",
      `This page went to the provider ${MOST} times within ${WITHIN_MS / 1000} s; it stays here now. Look at what the earlier calls threw, ` +
        "and whether this browser keeps what the page stores. The next call tries again.",
    );
  }
  try {
    storage?.setItem(KEY, JSON.stringify([...times, now]));
  } catch {
    // A full storage must not keep anybody from signing in.
  }
}

/** Whether no other code was refused in this tab since somebody was signed in, or for a while. */
export function isFirstRefusal(clock: Clock): boolean {
  const storage = tabStorage();
  const now = clock.now();
  const before = Number(storage?.getItem(REFUSED) ?? Number.NaN);
  try {
    storage?.setItem(REFUSED, String(now));
  } catch {
    return false;
  }
  return storage !== undefined && !(Math.abs(now - before) < REFUSED_MS);
}

/**
 * Somebody is signed in. The redirects count all the same: two clients that keep their sessions in this page's memory would take
 * turns without end.
 */
export function redirectSucceeded(): void {
  tabStorage()?.removeItem(REFUSED);
  forgetDeparture();
}
