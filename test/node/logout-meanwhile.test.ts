/** What comes while a sign-out waits for the person to come back from the provider's page. */
import { createServer } from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { endSessionInBrowser } from "../../src/node/logout.js";
import { readNodeOptions } from "../../src/node/options.js";
import { startWorld, type World } from "../hostile/world.js";
import { visit } from "../support/fake-provider/visit.js";
import { listenOnLoopback } from "../support/loopback-server.js";
import { isClosed, knock } from "./loopback/knock.js";

const page = { providerSession: true } as const;

async function fixedUri(): Promise<string> {
  const { port, close } = await listenOnLoopback(createServer());
  await close();
  return `http://127.0.0.1:${port}/bye`;
}

async function waitingAt(world: World, uri: string, signal?: AbortSignal) {
  let open: (url: URL) => void = () => {};
  const opened = new Promise<URL>((resolve) => (open = resolve));
  const client = world.client({
    postLogoutRedirectUri: uri,
    loopback: { ports: [Number(new URL(uri).port)] },
    openBrowser: (url) => {
      if (new URL(url).pathname.endsWith("/authorize")) world.provider.authorize(url).catch(() => {});
      else open(new URL(url));
    },
  });
  const result = client.signOut({ ...page, ...(signal && { signal }) });
  const address = await opened;
  const comeBack = () => knock(uri, `/bye?state=${address.searchParams.get("state")}`);
  return { client, result, comeBack };
}

test("LO-03 the session here is gone while the return is waited for, and the signal ends the wait and frees the port", async () => {
  const world = await startWorld();
  await world.signIn();
  const uri = await fixedUri();
  const stop = new AbortController();
  const { result } = await waitingAt(world, uri, stop.signal);
  expect(world.stored()).toEqual({});
  expect(await isClosed(uri)).toBe(false);
  stop.abort();
  // The revocation may have been cut off, too.
  const { providerSession, errors } = await result;
  expect([providerSession, errors.at(-1)]).toMatchObject(["failed", { code: "aborted", sessionKept: false }]);
  expect(await isClosed(uri)).toBe(true);
});

test("close() ends the wait, and the port is free when it is through", async () => {
  const world = await startWorld();
  await world.signIn();
  const uri = await fixedUri();
  const { client, result } = await waitingAt(world, uri);
  await client.close();
  expect(await isClosed(uri)).toBe(true);
  expect(await result).toMatchObject({ providerSession: "failed", errors: [{ code: "aborted" }] });
});

test("a login on the same port gets it, and the sign-out ends with what is known", async () => {
  const world = await startWorld();
  await world.signIn();
  const { client, result } = await waitingAt(world, await fixedUri());
  await client.signIn();
  expect(await result).toMatchObject({ providerSession: "asked", errors: [] });
  expect(await client.getAccessToken({ interaction: "never" })).toMatch(/^ey/);
});

test("a second sign-out gets the port of the first, whose return is then no confirmation", async () => {
  const world = await startWorld();
  await world.signIn();
  const uri = await fixedUri();
  const first = await waitingAt(world, uri);
  await world.signIn();
  const second = await waitingAt(world, uri);
  expect(await first.result).toMatchObject({ providerSession: "asked", errors: [] });
  expect((await first.comeBack()).status).toBe(400);
  expect((await second.comeBack()).status).toBe(200);
  expect(await second.result).toMatchObject({ providerSession: "ended", errors: [] });
});

test("an opener that fails ends the wait, and one that fails after the return changes nothing", async () => {
  const world = await startWorld();
  await world.signIn();
  const uri = await fixedUri();
  const refuses = { postLogoutRedirectUri: uri, openBrowser: () => Promise.reject(new Error("CANARY")) };
  expect(await world.client(refuses).signOut(page)).toMatchObject({
    providerSession: "failed",
    errors: [{ code: "environment" }],
  });
  expect(await isClosed(uri)).toBe(true);
  await world.signIn();
  const late = world.client({
    postLogoutRedirectUri: uri,
    openBrowser: async (url) => {
      await visit(url);
      throw new Error("late");
    },
  });
  expect(await late.signOut(page)).toMatchObject({ providerSession: "ended", errors: [] });
});

/** The sign-out's last step by itself, with an opener that notes what it opened. */
async function lastStep() {
  const opened: string[] = [];
  const openBrowser = (url: string) => void opened.push(url);
  const config = readNodeOptions({ clientId: "prizm", issuer: "https://id.example", openBrowser }, {});
  const uri = await fixedUri();
  const parameters = new URLSearchParams({ client_id: "prizm", post_logout_redirect_uri: uri, state: "s" });
  const request = { endpoint: "https://id.example/end", parameters, state: "s" };
  return { opened, uri, end: (signal: AbortSignal) => endSessionInBrowser(config, request, signal) };
}

test("what was aborted while the port was being had opens no page", async () => {
  const { opened, uri, end } = await lastStep();
  const stop = new AbortController();
  const ending = end(stop.signal);
  stop.abort();
  await expect(ending).rejects.toThrow();
  expect(opened).toEqual([]);
  expect(await isClosed(uri)).toBe(true);
});

test("LO-02 after a minute without a return the page was asked, and the port is free", async () => {
  const { opened, uri, end } = await lastStep();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const ending = end(new AbortController().signal);
  do await new Promise((resolve) => setImmediate(resolve));
  while (opened.length === 0 || vi.getTimerCount() === 0);
  // The opener's own time limit has gone by now, too.
  await vi.advanceTimersByTimeAsync(59_900);
  expect(await isClosed(uri)).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(await ending).toBe("asked");
  expect(await isClosed(uri)).toBe(true);
});
