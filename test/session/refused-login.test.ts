/** A login whose session the store refuses, or cannot tell about. */
import { expect, test } from "vitest";
import { fragileStore } from "../hostile/world/records.js";
import { broken, full, never, signedIn } from "./signed-in.js";

test.each([
  ["get", broken],
  ["get", Object.assign(new Error("gone"), { code: "ECONNRESET" })],
  ["set", broken],
] as const)(
  "SE-03 SE-04 signIn() as B while the store's %s fails when the session is written",
  async (method, fault) => {
    const { world, client, fail, next } = await signedIn();
    world.provider.settings.subject = "bob";
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      fail[method] = fault;
      return answer;
    });
    await client.signIn();
    fail[method] = undefined;
    expect((await client.getTokenSet(never)).idTokenClaims?.sub).toBe("bob");
    await client.close();
    expect((await next().getTokenSet()).idTokenClaims?.sub).toBe("bob");
  },
);

test("SE-03 the same where another program has written meanwhile: the later login wins", async () => {
  const { world, client, fail, records, next } = await signedIn();
  world.provider.settings.subject = "carol";
  const others = fragileStore();
  await world.client({ storage: others.store }).getAccessToken();
  world.provider.settings.subject = "bob";
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    for (const [key, text] of others.records) records.set(key, text);
    fail.set = full;
    return answer;
  });
  await client.signIn();
  fail.set = undefined;
  expect(await client.getIdTokenClaims()).toMatchObject({ sub: "bob" });
  await client.close();
  expect((await next().getTokenSet()).idTokenClaims?.sub).toBe("bob");
});

test("SE-03 the same where the client has never read the store before", async () => {
  const { world, fail, store, next } = await signedIn();
  world.provider.settings.subject = "bob";
  const fresh = world.client({ storage: store });
  fail.get = broken;
  await fresh.signIn();
  fail.get = undefined;
  expect((await fresh.getTokenSet(never)).idTokenClaims?.sub).toBe("bob");
  await fresh.close();
  expect((await next().getTokenSet()).idTokenClaims?.sub).toBe("bob");
});

test.each(["all reads", "the first read"])(
  "SE-04 signIn() while %s fail: a login is opened, and it is B's",
  async (which) => {
    const { world, client, fail, kinds } = await signedIn();
    const before = world.opened();
    world.provider.settings.subject = "bob";
    fail.get = broken;
    world.provider.once("authorize", () => {
      if (which === "the first read") fail.get = undefined;
    });
    await client.signIn();
    expect(world.opened()).toBe(before + 1);
    expect((await client.getTokenSet(never)).idTokenClaims?.sub).toBe("bob");
    if (which === "all reads") await expect.poll(() => kinds).toEqual(["unavailable"]);
    fail.get = undefined;
  },
);
