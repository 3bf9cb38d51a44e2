/** The machine's own time. */
import type { Clock } from "./ports.js";

/** Beyond 2^31-1 ms a timer fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

const after: Clock["after"] = (ms, action) => {
  const timer = setTimeout(action, Math.min(ms, LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
  // A page's timers keep nothing alive.
  background: after,
};
