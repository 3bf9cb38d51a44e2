/** Each message is checked by the frame that sent it, as it is at that time: strangers get no token, and the reason. */
import { expect, test } from "vitest";
import { isKeystoneAuthError } from "../../src/node/index.js";
import { CollectLog } from "../support/collect-log.js";
import type { FakeFrame } from "./fake-electron.js";
import { CHANNEL, message, refusal, send } from "./raw-messages.js";
import { useWorld } from "./world.js";

const world = useWorld();

const STRANGERS: readonly [string, RegExp][] = [
  ["app://other/index.html", /not among allowedOrigins/],
  ["https://bundle/", /not among allowedOrigins/],
  ["app://bundle.evil/", /not among allowedOrigins/],
  ["file:///home/me/index.html", /registered as standard and secure/],
  ["data:text/html,x", /registered as standard and secure/],
];

test("a page of another origin, of a file or of none gets no token and the reason, and the log says so", async () => {
  await world.client.getAccessToken();
  for (const [url, reason] of STRANGERS) {
    const logger = new CollectLog();
    const served = world.serve({ logger });
    const error: unknown = await world
      .page(url)
      .client()
      .getAccessToken()
      .catch((e: unknown) => e);
    expect(isKeystoneAuthError(error), url).toBe(true);
    expect(error, url).toMatchObject({ code: "configuration", option: "sender" });
    expect((error as Error).message, url).toMatch(reason);
    expect(logger.messages("warn").join("\n"), url).toMatch(reason);
    served.close();
  }
});

test("files and origins of nobody are refused whatever isAllowed says", async () => {
  await world.client.getAccessToken();
  world.serve({ isAllowed: () => true });
  for (const url of ["file:///index.html", "data:text/html,x"]) {
    expect(await send(world.page(url), message())).toMatchObject(refusal);
  }
});

test("a frame inside an allowed page gets nothing, also from the page's own origin; isAllowed may let it in", async () => {
  const token = await world.client.getAccessToken();
  const served = world.serve();
  const inside = world.page().window.openSubframe("app://bundle/inner.html");
  expect(await send(inside, message())).toMatchObject({
    error: { message: expect.stringMatching(/inside another page/) },
  });
  served.close();
  world.serve({ isAllowed: (frame) => frame.parent?.origin === "app://bundle" });
  expect(await send(inside, message())).toMatchObject({ ok: true, value: { accessToken: token } });
  expect(await send(world.page(), message())).toMatchObject(refusal);
});

test("only true allows: an async isAllowed, a truthy value and a throw do not", async () => {
  await world.client.getAccessToken();
  const answers: (() => unknown)[] = [
    async () => true,
    () => 1,
    () => "app://bundle",
    () => Promise.reject(new Error("x")),
    () => {
      throw new Error("x");
    },
  ];
  for (const isAllowed of answers) {
    const served = world.serve({ isAllowed: isAllowed as () => boolean });
    expect(await send(world.page(), message())).toMatchObject(refusal);
    served.close();
  }
});

test("a frame that is gone when its message arrives gets nothing", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const answer = world.electron.handlers.get(CHANNEL)?.(
    { sender: page.window, senderFrame: null, processId: 1, frameId: 1 },
    message(),
  );
  expect(await answer).toMatchObject(refusal);
  Object.defineProperty(page, "detached", { value: true, configurable: true });
  expect(await send(page, message())).toMatchObject(refusal);
  Object.defineProperty(page, "detached", { value: false });
  page.isGone = true;
  const stale = { sender: page.window, senderFrame: page, processId: 1, frameId: 1 };
  expect(await world.electron.handlers.get(CHANNEL)?.(stale, message())).toMatchObject(refusal);
});

test("a token that was asked for by a page is not given to the frame once it shows another one", async () => {
  await world.client.getAccessToken();
  world.serve();
  const page = world.page();
  const release = world.holdNextToken();
  const renewal = message({ options: { forceRefresh: true } });
  const event = { sender: page.window, processId: 1, frameId: 1, senderFrame: page as FakeFrame | null };
  const answer = world.electron.handlers.get(CHANNEL)?.(event, renewal);
  await world.provider.ledger.waitFor("token", 2);
  event.senderFrame = null;
  release();
  expect(await answer).toMatchObject(refusal);
});
