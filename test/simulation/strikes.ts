/** What strikes from outside: machines that stop, disks that are full, clocks that jump, people who change their minds. */
import type { SimulatedClient } from "./client.js";
import type { Schedule } from "./schedule.js";

const MINUTE_MS = 60_000;

type Strike = (schedule: Schedule) => void;

const someClient = ({ world, living }: Schedule): SimulatedClient | undefined =>
  living.length > 0 ? world.choices.of(living) : undefined;

function crash(schedule: Schedule): void {
  const client = someClient(schedule);
  if (!client) return;
  schedule.kill(client);
  if (schedule.mayStart) schedule.start();
}

function stop(schedule: Schedule): void {
  const client = someClient(schedule);
  if (!client || client.isStopped) return;
  schedule.world.stop(client);
}

function wake({ world, living }: Schedule): void {
  const stopped = living.filter(({ isStopped }) => isStopped);
  if (stopped.length === 0) return;
  world.wake(world.choices.of(stopped));
}

/** The clocks of one machine, or of one client of a fleet. */
function jump(schedule: Schedule): void {
  const { world, living, plan } = schedule;
  const byMs = world.choices.of([2000, -2000, 10 * MINUTE_MS, -10 * MINUTE_MS]);
  const one = plan.kinds[0] === "fleet" ? someClient(schedule) : undefined;
  for (const client of one ? [one] : living) {
    client.clockOffset += byMs;
    world.tell({ what: "clock", client: client.name, byMs });
  }
}

function disk({ world, disk: shared, living }: Schedule): void {
  if (shared.isInTrouble) return shared.endTrouble();
  const one = world.choices.chance(0.4) && living.length > 0 ? world.choices.of(living) : undefined;
  shared.beginTrouble(one);
}

function keys({ world, provider }: Schedule): void {
  if (provider.keysAreDown) {
    provider.keysAreDown = false;
    return world.tell({ what: "keys", detail: "the key set can be had again" });
  }
  provider.rotateKeys();
  provider.keysAreDown = world.choices.chance(0.6);
  const down = provider.keysAreDown ? ", and the key set cannot be had" : "";
  world.tell({ what: "keys", detail: `the provider signs with a new key${down}` });
}

function endFamily({ world, provider }: Schedule): void {
  const { living } = provider;
  if (living.length > 0) provider.end(world.choices.of(living), "own reason");
}

function abort(schedule: Schedule): void {
  const { world, living } = schedule;
  const pending = living.flatMap((client) => [...client.pending].map((entry) => ({ client, entry })));
  if (pending.length === 0) return;
  const { client, entry } = world.choices.of(pending);
  const [call, controller] = entry;
  world.tell({ what: "abort", client: client.name, call });
  controller.abort();
}

function close(schedule: Schedule): void {
  const client = someClient(schedule);
  if (!client || client.isStopped) return;
  schedule.close(client);
  if (schedule.mayStart) schedule.start();
}

function start(schedule: Schedule): void {
  if (schedule.mayStart) schedule.start();
}

const longTime: Strike = ({ world }) => world.pass(world.choices.of([2, 5, 20]) * MINUTE_MS);

/** The machine of all clients sleeps. */
const sleep: Strike = ({ world, clients }) => {
  const awake = clients.filter(({ isAlive, isStopped }) => isAlive && !isStopped);
  for (const client of awake) world.stop(client);
  world.sleep(world.choices.of([2, 10]) * MINUTE_MS);
  for (const client of awake) world.wake(client);
};

const STRIKES: readonly (readonly [number, Strike])[] = [
  [3, wake],
  [3, crash],
  [4, stop],
  [4, disk],
  [2, abort],
  [1, keys],
  [1, jump],
  [1, sleep],
  [1, longTime],
  [1, close],
  [0.5, start],
  [0.3, endFamily],
];

const WEIGHTS = STRIKES.map(([weight]) => weight);

export function strike(schedule: Schedule): void {
  const chosen = schedule.world.choices.weighted(WEIGHTS);
  STRIKES[chosen]?.[1](schedule);
}
