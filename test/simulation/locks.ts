/** Locks by name: one that a living holder keeps until it ends or dies, or a lease that ends by the clock. */
import { LockTimeoutError } from "../../src/errors.js";
import type { Clock, Lock, LockHold, LockOptions } from "../../src/ports.js";
import { abortedWait } from "../../src/session/in-memory.js";
import { BOUNDS } from "./plan.js";
import type { Actor, World } from "./world.js";

interface Held {
  readonly owner: Actor;
  readonly endsAt: number;
}

interface Waiter {
  readonly owner: Actor;
  readonly look: () => void;
  isLooking: boolean;
}

/** A lease is half as long again as what is done under it may take: what begins in its first third ends before it does. */
const LEASE = 1.5;

/** How long the lease of a lock lasts: `refresh.KEY`, `login.KEY`, `record.KEY`. */
function leaseOf(name: string): number {
  if (name.startsWith("record.")) return LEASE * BOUNDS.storage;
  return LEASE * (BOUNDS.storage + (name.startsWith("login.") ? BOUNDS.login : BOUNDS.request));
}

export class Locks {
  readonly #held = new Map<string, Held>();
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** `isLease`: a lock ends by the clock; else it is never displaced. `isOff`: everybody gets every lock. */
  constructor(
    private readonly world: World,
    private readonly isLease: boolean,
    private readonly isOff: boolean,
  ) {}

  /** The lock of one client. */
  of(owner: Actor, clock: Clock): Lock {
    return {
      run: async <T>(name: string, options: LockOptions<T>, work: (hold: LockHold) => Promise<T>): Promise<T> => {
        if (options.signal?.aborted) throw abortedWait();
        if (this.isOff) {
          await Promise.resolve();
          return await work({ stillHeld: () => true });
        }
        const taken = await this.#wait(owner, clock, name, options);
        if ("instead" in taken) return taken.instead;
        try {
          return await work({ stillHeld: () => this.#stillHeld(name, taken.held) });
        } finally {
          this.#release(name, taken.held);
        }
      },
    };
  }

  /** Frees what a dead client held; a lease ends by its clock alone. */
  bury(owner: Actor): void {
    for (const [, waiters] of this.#waiters) {
      for (const waiter of waiters) if (waiter.owner === owner) waiters.delete(waiter);
    }
    if (this.isLease) return;
    for (const [name, held] of this.#held) if (held.owner === owner) this.#release(name, held);
  }

  #isFree(name: string): boolean {
    const held = this.#held.get(name);
    if (held === undefined) return true;
    if (held.endsAt > this.world.time) return false;
    this.world.tell({ what: "displaced", client: held.owner.name, lock: name });
    this.#held.delete(name);
    return true;
  }

  #stillHeld(name: string, held: Held): boolean {
    const needed = this.isLease ? leaseOf(name) / LEASE : 0;
    return this.#held.get(name) === held && held.endsAt - needed > this.world.time;
  }

  #take(name: string, owner: Actor): Held {
    const held = { owner, endsAt: this.world.time + (this.isLease ? leaseOf(name) : Number.POSITIVE_INFINITY) };
    this.#held.set(name, held);
    this.world.tell({ what: "locked", client: owner.name, lock: name });
    // Who waits looks again when the lease ends.
    if (this.isLease) this.world.after(undefined, leaseOf(name), () => this.#wake(name));
    return held;
  }

  #release(name: string, held: Held): void {
    if (this.#held.get(name) !== held) return;
    this.#held.delete(name);
    this.world.tell({ what: "unlocked", client: held.owner.name, lock: name });
    this.#wake(name);
  }

  #wake(name: string): void {
    for (const waiter of this.#waiters.get(name) ?? []) this.#letLook(waiter);
  }

  #letLook(waiter: Waiter): void {
    if (waiter.isLooking) return;
    waiter.isLooking = true;
    this.world.post(waiter.owner, waiter.look);
  }

  #wait<T>(
    owner: Actor,
    clock: Clock,
    name: string,
    { timeoutMs, signal, instead }: LockOptions<T>,
  ): Promise<{ readonly held: Held } | { readonly instead: T }> {
    const waiters = this.#waiters.get(name) ?? new Set<Waiter>();
    this.#waiters.set(name, waiters);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (!waiters.delete(waiter)) return;
        cancel();
        signal?.removeEventListener("abort", onAbort);
        settle();
      };
      const onAbort = () => end(() => reject(abortedWait()));
      const takeIfFree = () => {
        if (waiters.has(waiter) && this.#isFree(name)) end(() => resolve({ held: this.#take(name, owner) }));
      };
      let hasWaited = false;
      const look = async () => {
        waiter.isLooking = false;
        const ask = hasWaited && this.#isFree(name) ? instead : undefined;
        hasWaited = true;
        const found = await ask?.();
        if (found !== undefined) end(() => resolve({ instead: found }));
        else takeIfFree();
      };
      const waiter: Waiter = { owner, isLooking: false, look: () => void look().catch(reject) };
      const late = () => end(() => reject(new LockTimeoutError("Others hold the lock. Try again.")));
      const cancel = clock.after(timeoutMs, late);
      signal?.addEventListener("abort", onAbort, { once: true });
      waiters.add(waiter);
      this.#letLook(waiter);
    });
  }
}
