/** Waiting on a clock: for a time, and for work that must end in time. */
import type { Clock } from "../ports.js";

/** Settles as the work does; rejects with what `late` makes where it takes longer. Leaves no timer. */
export async function beforeDeadline<T>(
  clock: Clock,
  ms: number,
  late: () => Error,
  work: () => Promise<T>,
): Promise<T> {
  let cancel = () => {};
  const deadline = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(late()));
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    cancel();
  }
}
