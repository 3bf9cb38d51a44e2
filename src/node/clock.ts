/** The machine's own time, without `performance`: to load that costs a program's start three milliseconds. */
import { systemClock } from "../clock.js";
import type { Clock } from "../ports.js";

export const nodeClock: Clock = {
  ...systemClock,
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  background: (ms, action) => {
    const timer = setTimeout(action, ms).unref();
    return () => clearTimeout(timer);
  },
};
