/** What the page of the browser's rows can do. Bundled for the browser. */
import { createStore, get, set } from "idb-keyval";
import { OidcClient } from "keystone-auth";
import { median } from "../numbers.mjs";

const CALLS = 20_000;
const ROUNDS = 30;
const WARM_UP_ROUNDS = 6;
const floorStore = () => createStore("bench-floor", "records");

async function timeEach(work) {
  const began = performance.now();
  await work();
  return ((performance.now() - began) * 1e6) / CALLS;
}

window.bench = {
  /** Begins a login that leaves the page. */
  leave: (options) => void new OidcClient(options).getAccessToken(),
  token: (options) => new OidcClient(options).getAccessToken({ interaction: "never" }),
  forget: (options) => new OidcClient(options).destroyTokens(),

  /** Nanoseconds a call from memory and of an await of a string, and the ratio within the pairs. */
  async hotPath(options) {
    const client = new OidcClient(options);
    const token = await client.getAccessToken();
    const floor = async () => {
      for (let call = 0; call < CALLS; call += 1) await Promise.resolve(token);
    };
    const hot = async () => {
      for (let call = 0; call < CALLS; call += 1) await client.getAccessToken();
    };
    const times = { floor: [], hot: [] };
    const now = {};
    const ratios = [];
    for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
      const pair = round % 2 === 0 ? { floor, hot } : { hot, floor };
      for (const [name, work] of Object.entries(pair)) {
        now[name] = await timeEach(work);
        if (round >= WARM_UP_ROUNDS) times[name].push(now[name]);
      }
      if (round >= WARM_UP_ROUNDS) ratios.push(now.hot / now.floor);
    }
    return { floor: median(times.floor), hot: median(times.hot), ratio: median(ratios) };
  },

  /** Puts a record of a session's size where the floor reads it. */
  keepForFloor: (record) => set("record", record, floorStore()),

  /** Milliseconds from nothing to the token, and to a raw record. Each on a page of its own. */
  async stored(options) {
    const began = performance.now();
    await new OidcClient(options).getAccessToken({ interaction: "never" });
    return performance.now() - began;
  },
  async raw() {
    const began = performance.now();
    const record = await get("record", floorStore());
    if (record === undefined) throw new Error("There is no record for the floor.");
    return performance.now() - began;
  },
};
