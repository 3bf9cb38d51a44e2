/** The hot path beside its floor, in turn. `node memory.mjs OPTIONS`: prints nanoseconds a call, as JSON. */
import { OidcClient } from "keystone-auth/node";
import { median } from "../numbers.mjs";

const CALLS = 20_000;
const ROUNDS = 60;
const WARM_UP_ROUNDS = 10;

const client = new OidcClient(JSON.parse(process.argv[2]));
const token = await client.getAccessToken();

async function floor() {
  for (let call = 0; call < CALLS; call += 1) await Promise.resolve(token);
}

async function hot() {
  for (let call = 0; call < CALLS; call += 1) await client.getAccessToken();
}

async function time(work) {
  const began = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - began) / CALLS;
}

const times = { floor: [], hot: [] };
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
  // Each goes first every other round.
  const pair = round % 2 === 0 ? { floor, hot } : { hot, floor };
  for (const [name, work] of Object.entries(pair)) {
    const ns = await time(work);
    if (round >= WARM_UP_ROUNDS) times[name].push(ns);
  }
}
process.stdout.write(JSON.stringify({ floor: median(times.floor), hot: median(times.hot) }));
