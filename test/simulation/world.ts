/**
 * The simulated world: one time, and a list of all that can happen next. Nothing happens by itself: the schedule chooses
 * what is delivered, which timer fires and when time passes.
 */
import type { Event, Happening } from "../history/events.js";
import type { Choices } from "./choices.js";
import type { Plan } from "./plan.js";

/** Whoever waits for something: it gets nothing while it is stopped, and never again once it is dead. */
export interface Actor {
  readonly name: string;
  isAlive: boolean;
  isStopped: boolean;
  /** When it went on after it was stopped. */
  wokenAt: number;
}

/** Something that can happen now. */
interface Job {
  readonly owner: Actor | undefined;
  /** Since when it could happen, where its owner was not stopped. */
  readonly since: number;
  readonly run: () => void;
}

interface Timer extends Omit<Job, "since"> {
  since: number;
  readonly dueAt: number;
}

/** Nothing that can happen to whoever is not stopped is held up for longer. */
const LONGEST_DELAY_MS = 4000;

export class World {
  readonly history: Event[] = [];
  /** While it is false nothing fails. */
  isFaulty = true;
  #time = 0;
  #sleptMs = 0;
  #number = 0;
  #jobs: Job[] = [];
  #timers: Timer[] = [];

  constructor(
    readonly choices: Choices,
    readonly plan: Plan,
  ) {}

  /** Milliseconds since the beginning: the provider's time. */
  get time(): number {
    return this.#time;
  }

  /** The clock that stands still while the machine sleeps. */
  get monotonic(): number {
    return this.#time - this.#sleptMs;
  }

  /** A number that nobody else gets. */
  next(): number {
    this.#number += 1;
    return this.#number;
  }

  tell(happening: Happening): void {
    // A schedule tells of hundreds of things: they are not copied.
    this.history.push(Object.assign(happening, { at: this.#time }));
  }

  /** Lets something happen in one of the next steps. */
  post(owner: Actor | undefined, run: () => void): void {
    if (owner?.isAlive !== false) this.#jobs.push({ owner, run, since: this.#time });
  }

  /** Calls `run` when so much time has passed, and somebody looks; gives the function that calls it off. */
  after(owner: Actor | undefined, ms: number, run: () => void): () => void {
    const timer: Timer = { owner, dueAt: this.monotonic + ms, since: Number.POSITIVE_INFINITY, run };
    const later = this.#timers.findIndex(({ dueAt }) => dueAt > timer.dueAt);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** Drops what a dead actor waits for. */
  bury(actor: Actor): void {
    this.#jobs = this.#jobs.filter(({ owner }) => owner !== actor);
    this.#timers = this.#timers.filter(({ owner }) => owner !== actor);
  }

  /** What can happen now, the oldest first. */
  ready(): Job[] {
    const now = this.monotonic;
    const jobs: Job[] = this.#jobs.filter(canAct);
    for (const timer of this.#timers) {
      if (timer.dueAt > now) break;
      if (!canAct(timer)) continue;
      timer.since = Math.min(timer.since, this.#time - (now - timer.dueAt));
      jobs.push(timer);
    }
    return jobs;
  }

  run(job: Job): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
    const timer = this.#timers.indexOf(job as Timer);
    if (timer >= 0) this.#timers.splice(timer, 1);
    job.run();
  }

  /** How long until the next timer of somebody who can act; `undefined` where there is none. */
  get untilNextTimer(): number | undefined {
    const next = this.#timers.find(canAct);
    return next && Math.max(0, next.dueAt - this.monotonic);
  }

  /** Lets time pass, but for no longer than what can happen may be held up. */
  pass(ms: number): void {
    const oldest = Math.min(...this.ready().map(({ since, owner }) => Math.max(since, owner?.wokenAt ?? 0)));
    const nextTimer = this.#time + (this.untilNextTimer ?? ms);
    const latest = Math.min(oldest, nextTimer) + LONGEST_DELAY_MS;
    this.#time += Math.max(0, Math.min(ms, latest - this.#time));
  }

  stop(actor: Actor): void {
    Object.assign(actor, { isStopped: true });
    this.tell({ what: "stop", client: actor.name });
  }

  wake(actor: Actor): void {
    if (!actor.isStopped || !actor.isAlive) return;
    Object.assign(actor, { isStopped: false, wokenAt: this.#time });
    this.tell({ what: "wake", client: actor.name });
  }

  /** The machine sleeps: only the provider's clock and the wall clocks go on. */
  sleep(ms: number): void {
    this.#time += ms;
    this.#sleptMs += ms;
  }
}

const canAct = ({ owner }: Pick<Job, "owner">) => owner === undefined || (owner.isAlive && !owner.isStopped);
