/** What the page of the browser's rows can do. Bundled for the browser. */
import { createStore, get, set } from "idb-keyval";
import { OidcClient } from "keystone-auth";
import { median } from "../numbers.mjs";

const CALLS = 20_000;
const ROUNDS = 30;
const WARM_UP_ROUNDS = 6;
const LISTED_MS = 100;
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

  /**
   * Nanoseconds a call from memory and of an await of a string, and the ratios within the rounds: of a call, and of the
   * least that can know a token's end, an object and a look at the clock.
   */
  async hotPath(options) {
    const client = new OidcClient(options);
    const token = await client.getAccessToken();
    const floor = async () => {
      for (let call = 0; call < CALLS; call += 1) await Promise.resolve(token);
    };
    const hot = async () => {
      for (let call = 0; call < CALLS; call += 1) await client.getAccessToken();
    };
    const held = { answer: Promise.resolve(token), until: Date.now() + 3_600_000 };
    const read = () => (Date.now() < held.until ? held.answer : undefined);
    const clock = async () => {
      for (let call = 0; call < CALLS; call += 1) await read();
    };
    const works = { floor, hot, clock };
    const times = { floor: [], hot: [], clock: [] };
    const ratios = { hot: [], clock: [] };
    for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
      const now = {};
      for (const name of round % 2 === 0 ? ["floor", "hot", "clock"] : ["clock", "hot", "floor"])
        now[name] = await timeEach(works[name]);
      if (round < WARM_UP_ROUNDS) continue;
      for (const name of Object.keys(times)) times[name].push(now[name]);
      for (const name of Object.keys(ratios)) ratios[name].push(now[name] / now.floor);
    }
    const medians = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
    return { ...medians, ratio: median(ratios.hot), clockRatio: median(ratios.clock) };
  },

  /** Puts a record of a session's size where the floor reads it. */
  keepForFloor: (record) => set("record", record, floorStore()),

  /**
   * Milliseconds from nothing to the token, and to a raw record. Each on a page of its own. `requests` are those that began
   * before the token was there: what the page loads afterwards, at idle time, keeps nobody waiting.
   */
  async stored(options) {
    const began = performance.now();
    await new OidcClient(options).getAccessToken({ interaction: "never" });
    const end = performance.now();
    // A request is listed when it has ended.
    await new Promise((resolve) => setTimeout(resolve, LISTED_MS));
    const all = performance.getEntriesByType("resource");
    const requests = all.filter(({ startTime }) => startTime >= began && startTime < end).length;
    return { ms: end - began, requests };
  },
  async raw() {
    const began = performance.now();
    const record = await get("record", floorStore());
    const ms = performance.now() - began;
    if (record === undefined) throw new Error("There is no record for the floor.");
    return { ms, requests: 0 };
  },
};
