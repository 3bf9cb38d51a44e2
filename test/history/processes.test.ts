/** Real processes over one directory: what happened among them is judged as the simulation's histories are. */
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { compileForChildren } from "../support/compile.js";
import { checkHistory } from "./check.js";
import type { Event } from "./events.js";
import { eventsOf } from "./events-of.js";
import { Parties, type Party } from "./recorder/parties.js";
import { ordinalOf } from "./recorder/fetch.js";

const NEVER = { interaction: "never" };

let parties: Parties;

beforeAll(async () => void (await compileForChildren()), 60_000);
beforeEach(async () => {
  parties = await Parties.begin();
});
afterEach(() => parties.close());

const rulesBroken = (history: readonly Event[]) => checkHistory(history).map(({ rule, fault }) => `${rule} ${fault}`);

/** Four processes, the first of which has signed in; the token has expired. */
async function startFour(): Promise<[Party, Party, Party, Party]> {
  const { provider } = parties;
  // Longer than a login takes on a busy machine.
  provider.settings.accessTokenLifetimeSeconds = 4;
  const four = [parties.start(), parties.start(), parties.start(), parties.start()] as const;
  expect(await four[0].call("getAccessToken")).toBe("done");
  await new Promise((resolve) => setTimeout(resolve, 4000));
  provider.settings.accessTokenLifetimeSeconds = 300;
  return [...four];
}

/** Holds the next refresh; gives the process that sends it. */
async function nextSender(four: readonly Party[]): Promise<{ readonly sender: Party; readonly goOn: () => void }> {
  return await new Promise((resolve) => {
    parties.provider.once("token", (exchange) => {
      const ordinal = ordinalOf(exchange.headers);
      return new Promise((goOn) => resolve({ sender: four[ordinal - 1] as Party, goOn: () => goOn() }));
    });
  });
}

test("four processes with an expired token, one killed while it refreshes and one signing out, break no rule", async () => {
  const four = await startFour();
  const held = nextSender(four);
  const asked = four.map((party) => party.call("getAccessToken", NEVER));
  const { sender } = await held;
  await sender.kill();
  const rest = four.filter((party) => party !== sender);
  const answers = await Promise.all(asked.filter((_, at) => four[at] !== sender));
  expect(answers).toEqual(["done", "done", "done"]);

  const [one, two, three] = rest as [Party, Party, Party];
  const heldAgain = nextSender(four);
  const late = two.call("getAccessToken", { ...NEVER, forceRefresh: true });
  const { goOn } = await heldAgain;
  expect(await one.call("signOut", { local: true })).toBe("done");
  goOn();
  expect(await late).toBe("login_required");
  expect(await three.call("getAccessToken", { ...NEVER, forceRefresh: true })).toBe("login_required");
  expect(await one.call("getAccessToken", NEVER)).toBe("login_required");

  const history = await parties.history();
  expect(rulesBroken(history)).toEqual([]);
  // It was no empty history.
  const refreshes = eventsOf(history, "acted").filter(({ login }) => login === undefined);
  expect(refreshes.map(({ refresh, answer }) => [refresh, answer])).toEqual([
    ["f1r2", "tokens"],
    ["f1r3", "tokens"],
  ]);
  expect(eventsOf(history, "sent").map(({ refresh }) => refresh)).toEqual([undefined, "f1r1", "f1r1", "f1r2"]);
  expect(eventsOf(history, "crash")).toHaveLength(1);
  expect(eventsOf(history, "marked")).toHaveLength(1);
  const landed = eventsOf(history, "landed").map(({ stored }) => stored?.refresh);
  expect(landed.slice(0, 2)).toEqual(["f1r1", "f1r2"]);
  expect(landed.at(-1)).toBeUndefined();
  expect(eventsOf(history, "read").length).toBeGreaterThan(4);
});

test("a process that sends a used refresh token by itself is found", async () => {
  const [one, two] = await startFour();
  expect(await two.call("getAccessToken", NEVER)).toBe("done");
  const [used] = parties.acts.names.keys();
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "recorded", refresh_token: used ?? "" });
  await fetch(parties.provider.url("token"), { method: "POST", body });
  expect(await one.call("getAccessToken", { ...NEVER, forceRefresh: true })).toBe("login_required");
  expect(rulesBroken(await parties.history())).toContain(
    "1 a one-time refresh token is sent again, although its answer had come (of another client), and the session ends by it",
  );
});
