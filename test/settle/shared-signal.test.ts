/** One AbortSignal for many calls, as a program gives that has one for all that it does. */
import { expect, onTestFinished, test } from "vitest";
import { startWorld } from "../hostile/world.js";

/** The warnings of the process, from now to the end of the test. */
function warnings(): string[] {
  const names: string[] = [];
  const note = ({ name }: Error) => void names.push(name);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  return names;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("fifty calls with one signal make no warning of a leak, and its abort ends them all", async () => {
  const told = warnings();
  const world = await startWorld();
  await world.signIn();
  const controller = new AbortController();
  const { signal } = controller;
  world.provider.once("token", (exchange) => exchange.hang());
  // close() waits for the request that hangs.
  const client = world.client({ interaction: "never", requestTimeoutSeconds: 1 });
  const calls = Array.from({ length: 50 }, () => client.getAccessToken({ forceRefresh: true, signal }));
  const results = Promise.allSettled(calls);
  await world.provider.ledger.waitFor("token");
  controller.abort();
  for (const result of await results) expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
  await turn();
  expect(told).toEqual([]);
});

test("twelve sign-outs with one signal make no warning, and its abort ends what is left to do", async () => {
  const told = warnings();
  const world = await startWorld();
  const { signal, abort } = (() => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort() };
  })();
  const clients = Array.from({ length: 12 }, (_, i) => world.client({ clientId: `app-${i}` }));
  await Promise.all(clients.map((client) => client.getAccessToken()));
  world.provider.on("revocation", (exchange) => exchange.hang());
  const results = Promise.all(clients.map((client) => client.signOut({ signal })));
  // Refresh token and access token of each, side by side.
  await expect.poll(() => world.provider.ledger.count("revocation")).toBe(24);
  abort();
  for (const { revocation, errors } of await results) {
    expect(revocation).toBe("failed");
    expect(errors.map(({ code }) => code)).toEqual(["aborted"]);
  }
  await turn();
  expect(told).toEqual([]);
});

test("a signal of calls that have settled keeps no listener", async () => {
  const world = await startWorld();
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...values: Parameters<typeof addEventListener>) => {
    listeners += 1;
    addEventListener.apply(signal, values);
  };
  signal.removeEventListener = (...values: Parameters<typeof removeEventListener>) => {
    listeners -= 1;
    removeEventListener.apply(signal, values);
  };
  const client = world.client();
  await Promise.all([client.getAccessToken({ signal }), client.getAccessToken({ signal })]);
  await client.getAccessToken({ signal, forceRefresh: true });
  await turn();
  expect(listeners).toBe(0);
});
