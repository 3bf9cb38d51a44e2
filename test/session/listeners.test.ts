/** `on()`: what it takes, and what a listener can do. */
import { expect, test } from "vitest";
import { EventHub } from "../../src/events.js";
import { startWorld } from "../hostile/world.js";

test.each([
  ["an event that is not there", ["sesion", () => {}], "event"],
  ["no event", [undefined, () => {}], "event"],
  ["no listener", ["session", undefined], "listener"],
  ["an object in the place of a listener", ["storage", { handleEvent() {} }], "listener"],
])("%s is ConfigurationError, and not a silence", async (_title, values, option) => {
  const world = await startWorld();
  const client = world.client();
  const on = client.on.bind(client) as (...values: unknown[]) => unknown;
  expect(() => on(...values)).toThrow(expect.objectContaining({ code: "configuration", option }));
});

test("each subscription ends by itself, also where the same function listens twice", async () => {
  const world = await startWorld();
  const client = world.client();
  let told = 0;
  const listener = () => void (told += 1);
  await client.getIdTokenClaims();
  const ends = [client.on("session", listener), client.on("session", listener)];
  await client.getAccessToken();
  await expect.poll(() => told).toBe(2);
  ends[0]?.();
  ends[0]?.();
  await client.getAccessToken({ forceRefresh: true });
  await expect.poll(() => told).toBe(3);
  ends[1]?.();
  await client.signOut({ local: true });
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toBe(3);
});

test("a listener that closes the client ends it for the calls that follow, and harms none that runs", async () => {
  const world = await startWorld();
  const client = world.client();
  client.on("session", ({ reason }) => void (reason === "signed_in" && client.close()));
  const outcome = await client.getAccessToken().catch((error: unknown) => error);
  if (typeof outcome !== "string") expect(outcome).toMatchObject({ code: "aborted", sessionKept: true });
  expect(await world.failure(client.getAccessToken())).toMatchObject({ code: "aborted" });
  await world.client({ interaction: "never" }).getAccessToken();
});

test("signing in while another call drops the access token gives the session that was begun", async () => {
  const world = await startWorld();
  const client = world.client();
  const dropped: Promise<void>[] = [];
  client.on("session", ({ reason }) => {
    if (reason === "signed_in") dropped.push(client.destroyAccessToken());
  });
  expect(await client.getAccessToken()).toEqual(expect.any(String));
  await client.signIn();
  await Promise.all(dropped);
  await client.getAccessToken({ interaction: "never" });
});

test("SE-14 a listener that is removed while its event is on the way is not called", async () => {
  const events = new EventHub();
  const told: string[] = [];
  const end = events.on("session", () => told.push("removed"));
  events.on("session", () => told.push("stays"));
  events.emit("session", { reason: "signed_in" });
  end();
  await new Promise(setImmediate);
  expect(told).toEqual(["stays"]);
});

test("SE-14 a listener that another one removes during the event is not called", async () => {
  const world = await startWorld();
  const client = world.client();
  const told: string[] = [];
  const ends: (() => void)[] = [];
  await client.getIdTokenClaims();
  client.on("session", () => {
    told.push("first");
    for (const end of ends) end();
  });
  ends.push(client.on("session", () => told.push("second")));
  ends.push(client.on("session", () => told.push("third")));
  await client.getAccessToken();
  await client.getAccessToken({ forceRefresh: true });
  await expect.poll(() => told).toEqual(["first", "first"]);
});

test("SE-14 a listener that ends itself is called once, though two events were on the way", async () => {
  const events = new EventHub();
  let told = 0;
  const end = events.on("session", () => {
    told += 1;
    end();
  });
  events.emit("session", { reason: "signed_in" });
  events.emit("session", { reason: "refreshed" });
  await new Promise(setImmediate);
  expect(told).toBe(1);
});

test.each(["the event's turn", "a refresh on the wire"])(
  "SE-14 no session event comes after close() in %s",
  async (when) => {
    const world = await startWorld();
    await world.signIn();
    const client = world.client();
    const told: string[] = [];
    client.on("session", ({ reason }) => told.push(reason));
    if (when === "the event's turn") {
      client.on("session", () => void client.close());
      client.on("session", ({ reason }) => told.push(`late ${reason}`));
    } else {
      world.provider.once("token", (exchange) => {
        void client.close();
        return exchange.next();
      });
    }
    await client.getAccessToken({ forceRefresh: true }).catch(() => {});
    await client.close();
    await new Promise(setImmediate);
    expect(told).toEqual(["restored"]);
  },
);
