/** Mutual exclusion within one program, for stores that no other program sees. */
import type { Clock, Lock, LockHold } from "../ports.js";
import { TurnQueue } from "./turn-queue.js";

const HELD: LockHold = { stillHeld: () => true };

/** A lock for one program: first come, first served. */
export function createMemoryLock(clock: Clock): Lock {
  const turns = new TurnQueue();
  return {
    async run(name, options, work) {
      const end = await turns.take(name, options, clock);
      try {
        return await work(HELD);
      } finally {
        end();
      }
    },
  };
}
