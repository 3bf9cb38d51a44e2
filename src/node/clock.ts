/** The machine's own time, without `performance`: to load that costs a program's start three milliseconds. */
import type { Clock } from "../ports.js";
import { systemClock } from "../clock.js";

export const nodeClock: Clock = {
  ...systemClock,
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
};
