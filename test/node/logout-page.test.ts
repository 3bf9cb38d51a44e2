/** The provider's logout page, opened by the program's own opener. */
import { expect, test } from "vitest";
import { startWorld } from "../hostile/world.js";

const page = { providerSession: true } as const;

test("LO-01 the page keeps the query that its address has, and no name is there twice", async () => {
  const world = await startWorld();
  world.provider.metadata.end_session_endpoint = `${world.provider.url("end_session")}?p=B2C_1_in&client_id=old`;
  await world.signIn();
  let address = new URL("http://x");
  const client = world.client({ openBrowser: (url) => void (address = new URL(url)) });
  expect(await client.signOut(page)).toMatchObject({ providerSession: "asked", errors: [] });
  expect(address.searchParams.get("p")).toBe("B2C_1_in");
  expect(address.searchParams.getAll("client_id")).toEqual(["prizm"]);
});

test("I3 an opener that never settles counts as opened", async () => {
  const world = await startWorld();
  await world.signIn();
  const client = world.client({ openBrowser: () => new Promise(() => {}) });
  expect(await client.signOut(page)).toMatchObject({ revocation: "done", providerSession: "asked", errors: [] });
});

test("an abort ends the wait for the opener", async () => {
  const world = await startWorld();
  await world.signIn();
  const controller = new AbortController();
  const client = world.client({
    openBrowser: () => {
      setTimeout(() => controller.abort(), 500);
      return new Promise(() => {});
    },
  });
  const began = performance.now();
  const result = await client.signOut({ ...page, signal: controller.signal });
  expect(performance.now() - began).toBeLessThan(1500);
  expect(result).toMatchObject({ revocation: "done", providerSession: "failed", errors: [{ code: "aborted" }] });
});

test("PG-02 the page is opened while the revocation waits for its answer, and both tokens are asked for at the same time", async () => {
  const world = await startWorld();
  await world.signIn();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  world.provider.on("revocation", async () => await answered);
  const client = world.client({
    openBrowser: async () => {
      await world.provider.ledger.waitFor("revocation", 2);
      answer();
    },
  });
  expect(await client.signOut(page)).toMatchObject({ revocation: "done", providerSession: "asked", errors: [] });
  expect(world.provider.ledger.count("revocation")).toBe(2);
});

test("PG-02 a revocation that fails at once keeps nobody from the page", async () => {
  const world = await startWorld();
  await world.signIn();
  world.provider.on("revocation", (exchange) => exchange.reset());
  let opened = 0;
  const client = world.client({ openBrowser: () => void (opened += 1) });
  expect(await client.signOut(page)).toMatchObject({ revocation: "failed", providerSession: "asked" });
  expect(opened).toBe(1);
});

test.each<[string, () => Promise<void>]>([
  ["rejects", () => Promise.reject(new Error("CANARY"))],
  [
    "throws",
    () => {
      throw new Error("CANARY");
    },
  ],
])("an opener that %s: the result says so, and why", async (_title, openBrowser) => {
  const world = await startWorld();
  await world.signIn();
  const result = await world.client({ openBrowser }).signOut(page);
  expect(result).toMatchObject({
    revocation: "done",
    providerSession: "failed",
    errors: [{ code: "environment", sessionKept: false }],
  });
  expect(result.errors[0]?.message).not.toContain("CANARY");
});
