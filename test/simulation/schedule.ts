/** One schedule: clients, people and faults in an order that the choices decide, then a calm end. */
import type { Event } from "../history/events.js";
import { chooseCall, makeCall } from "./calls.js";
import { Choices } from "./choices.js";
import { firstRecord, SESSION_KEY, SimulatedClient, type Surroundings } from "./client.js";
import { Disk } from "./disk.js";
import { Locks } from "./locks.js";
import { Network } from "./network.js";
import { Person } from "./person.js";
import { BOUNDS, choosePlan, type Plan } from "./plan.js";
import { Provider, SCOPES, wallOf } from "./provider.js";
import { Channel } from "./stores.js";
import { strike } from "./strikes.js";
import { seedRandom } from "./web-crypto.js";
import { World } from "./world.js";

const MOST_CLIENTS = 6;

/** What a simulated port does not do, for `--without`. */
export type Missing = "lock" | undefined;

export interface Ran {
  readonly history: readonly Event[];
  readonly choices: readonly number[];
}

/** Lets everything run that needs no choice, which is promises alone: a tick comes after all of them. */
const settle = () => new Promise<void>((resolve) => process.nextTick(resolve));
/** The same through the event loop, which also tells of rejections that nobody handles. It takes longer. */
const settleInLoop = () => new Promise<void>((resolve) => setImmediate(resolve));
/** One schedule in so many goes through the event loop at each step. */
const IN_LOOP = 10;

export class Schedule {
  readonly world: World;
  readonly disk: Disk;
  readonly provider: Provider;
  readonly clients: SimulatedClient[] = [];
  readonly #around: Surroundings;
  readonly #locks: Locks;
  #made = 0;

  constructor(
    choices: Choices,
    missing: Missing,
    private readonly settle: () => Promise<void>,
  ) {
    const plan = choosePlan(choices);
    const world = new World(choices, plan);
    this.world = world;
    this.disk = new Disk(world);
    this.provider = new Provider(world);
    this.#locks = new Locks(world, plan.kinds[0] === "fleet", missing === "lock");
    const [network, person] = [new Network(world, this.provider), new Person(world, this.provider)];
    this.#around = { world, disk: this.disk, locks: this.#locks, channel: new Channel(world), network, person };
    if (plan.isSignedIn) this.#signIn();
    for (let at = 0; at < plan.kinds.length; at += 1) this.start();
  }

  /** The session of a login from before all that is simulated. */
  #signIn(): void {
    const { world, provider } = this;
    const [login, request, client] = [world.next(), world.next(), "before"];
    const code = provider.grant(login, "Ann", "nonce");
    world.tell({
      what: "client",
      client,
      kind: this.plan.kinds[0] ?? "process",
      trustMs: 0,
      bounds: BOUNDS,
      scopes: SCOPES,
    });
    world.tell({ what: "opens", client, login });
    world.tell({ what: "sent", client, request, login });
    const { body } = provider.token(request, new URLSearchParams({ grant_type: "authorization_code", code }));
    world.tell({ what: "answered", client, request, answer: "tokens" });
    this.disk.write(
      { name: client, isAlive: true, isStopped: false, wokenAt: 0 },
      SESSION_KEY,
      firstRecord(body, wallOf(world.time)),
    );
    world.tell({ what: "closed", client });
  }

  get plan(): Plan {
    return this.world.plan;
  }

  /** Those that are neither dead nor closed. */
  get living(): SimulatedClient[] {
    return this.clients.filter(({ isAlive, isClosing }) => isAlive && !isClosing);
  }

  get mayStart(): boolean {
    return this.#made < MOST_CLIENTS;
  }

  start(): SimulatedClient {
    const { kinds } = this.plan;
    const kind = kinds[this.#made % kinds.length] ?? "process";
    const client = new SimulatedClient("abcdefgh"[this.#made] as string, kind, this.#around);
    this.#made += 1;
    this.clients.push(client);
    return client;
  }

  kill(client: SimulatedClient): void {
    this.world.tell({ what: "crash", client: client.name });
    client.isAlive = false;
    this.world.bury(client);
    this.#locks.bury(client);
  }

  close(client: SimulatedClient): void {
    const { world } = this;
    client.isClosing = true;
    world.tell({ what: "closing", client: client.name });
    void client.core.close().then(() => world.tell({ what: "closed", client: client.name }));
  }

  async run(): Promise<void> {
    await this.settle();
    for (let step = 0; step < this.plan.steps && !this.world.choices.isOver; step += 1) {
      this.#step();
      await this.settle();
    }
    await this.#endCalmly();
  }

  #step(): void {
    const { world, plan } = this;
    const ready = world.ready();
    const next = world.untilNextTimer;
    const idle = this.living.filter(({ isStopped }) => !isStopped);
    const what = world.choices.weighted([
      ready.length > 0 ? 24 : 0,
      idle.length === 0 ? 0 : ready.length > 0 ? 1.5 : 6,
      ready.length > 0 ? 0.7 : 3,
      plan.strikes,
      // There is always something to do: without this a world of dead clients would stand still.
      0.01,
    ]);
    if (what === 0) return world.run(ready[world.choices.below(ready.length)] as (typeof ready)[number]);
    if (what === 1) return makeCall(world, world.choices.of(idle), chooseCall(world));
    if (what === 3) return strike(this);
    return this.#letTimePass(next, ready.length > 0);
  }

  /** To the next timer, or past what makes a token or a trust end; only a little while somebody waits for an answer. */
  #letTimePass(next: number | undefined, isBusy: boolean): void {
    const { choices } = this.world;
    const lifetime = this.plan.lifetimeMs;
    const weights = [next === undefined ? 0 : 4, 2, 2, isBusy ? 0.3 : 1.5, isBusy ? 0.3 : 1.5];
    const ms = [next ?? 0, 100, 1500, lifetime * 0.8, lifetime * 1.1][choices.weighted(weights)] ?? 0;
    this.world.pass(ms);
  }

  /** Faults end, everybody wakes, time passes; then somebody asks whether the session is there. */
  async #endCalmly(): Promise<void> {
    const { world, disk, provider } = this;
    world.isFaulty = false;
    provider.keysAreDown = false;
    disk.endTrouble();
    for (const client of this.clients) {
      world.wake(client);
    }
    world.tell({ what: "calm" });
    await this.#letGo(CALM_MS);
    const last = new SimulatedClient("last", this.plan.kinds[0] ?? "process", this.#around);
    this.clients.push(last);
    makeCall(world, last, { method: "getAccessToken", never: true, forced: true, isLast: true });
    await this.#letGo(CALM_MS);
  }

  /** Runs what is ready, and lets time pass, until nobody waits, for a while at the least. */
  async #letGo(leastMs: number): Promise<void> {
    const { world } = this;
    const end = world.time + leastMs;
    const isPending = () => this.clients.some(({ isAlive, pending }) => isAlive && pending.size > 0);
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const [job] = world.ready();
      if (job) world.run(job);
      else if (world.time >= end && !isPending()) return;
      else world.pass(Math.min(world.untilNextTimer ?? leastMs, Math.max(end - world.time, 1000)));
      await this.settle();
    }
  }
}

/** Longer than a refused write waits for its next try, behind a lease that nobody gives back. */
const CALM_MS = 2 * BOUNDS.request + BOUNDS.storage;
const MOST_TURNS = 5000;

/** Runs the schedule of a seed, or one that is given by its choices. */
export async function runSchedule(seed: number, missing: Missing, again?: readonly number[]): Promise<Ran> {
  seedRandom(seed);
  const choices = new Choices(seed, again);
  const schedule = new Schedule(choices, missing, seed % IN_LOOP === 0 ? settleInLoop : settle);
  const { world } = schedule;
  const unhandled = (reason: unknown) => world.tell({ what: "unhandled", message: String(reason) });
  process.on("unhandledRejection", unhandled);
  try {
    await schedule.run();
    await settleInLoop();
    world.tell({ what: "end" });
  } finally {
    process.off("unhandledRejection", unhandled);
  }
  return { history: world.history, choices: choices.taken };
}
