/** What goes wrong in the main process arrives in a window as the same error; aborts and ends cross too. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { AbortedError, type KeystoneAuthError, ProviderError, ResponseError } from "../../src/electron/renderer.js";
import { eventually } from "./eventually.js";
import { useWorld } from "./world.js";

const world = useWorld();

/** The error of a forced renewal in a window. */
async function renewalError(): Promise<KeystoneAuthError> {
  const token = world.page().client().getAccessToken({ forceRefresh: true });
  return await token.then(
    () => Promise.reject(new Error("There is a token.")),
    (error: unknown) => error as KeystoneAuthError,
  );
}

/** How often a text says what became of the session. */
const endings = (text = "") => text.match(/(A stored session is kept|The session here is gone)\./g)?.length ?? 0;

test("errors of a sign-out arrive as their classes", async () => {
  await world.client.getAccessToken();
  world.provider.once("revocation", (exchange) => exchange.html(503, "down"));
  world.serve();
  const { revocation, errors } = await world.page().client().signOut();
  expect(revocation).toBe("failed");
  expect(errors[0]).toMatchObject({ name: "NetworkError", code: "network", retryable: true, status: 503 });
});

test("a provider's refusal arrives with its class, code and fields", async () => {
  await world.client.getAccessToken();
  world.provider.once("token", (exchange) => exchange.error("invalid_client", "who are you", 401));
  world.serve();
  const error: unknown = await world
    .page()
    .client()
    .getAccessToken({ forceRefresh: true })
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({
    code: "provider",
    error: "invalid_client",
    errorDescription: "who are you",
    status: 401,
  });
});

test("EL-06 the status of a page that stands in the provider's place arrives too", async () => {
  await world.client.getAccessToken();
  world.provider.once("token", (exchange) => exchange.html(403, "Blocked by the proxy"));
  world.serve();
  const error = await renewalError();
  expect(error).toBeInstanceOf(ResponseError);
  expect(error).toMatchObject({ code: "response", status: 403, retryable: true, sessionKept: true });
});

test("an error says in a window once what became of the session, in its stack too", async () => {
  await world.client.getAccessToken();
  world.serve({ allowInteraction: false });
  world.provider.once("token", (exchange) => exchange.error("invalid_client", "who are you", 401));
  const refused = await renewalError();
  expect([endings(refused.message), endings(refused.stack)]).toEqual([1, 1]);
  expect(refused.stack).toMatch(/^ProviderError: .*A stored session is kept\.\n {4}at /);
  // With the advice of the main process before it.
  world.provider.once("token", (exchange) => exchange.error("invalid_grant", "it is over"));
  const ended = await renewalError();
  expect(ended).toMatchObject({
    code: "login_required",
    message: expect.stringMatching(/allowInteraction of serveTokens/),
  });
  expect(endings(ended.message)).toBe(1);
});

test("an abort crosses: the window's call ends at once and the main process gives up the login", async () => {
  const browser = new EventTarget();
  const waiting = once(browser, "opened");
  const main = world.makeClient({
    storage: "memory",
    openBrowser: () => void browser.dispatchEvent(new Event("opened")),
  });
  world.serve({ allowInteraction: true }, main);
  const controller = new AbortController();
  const call = world.page().client().getAccessToken({ signal: controller.signal });
  const outcome = call.catch((error: unknown) => error);
  await waiting;
  controller.abort();
  expect(await outcome).toBeInstanceOf(AbortedError);
  // The main process's answer to the call that was cancelled.
  await eventually(() =>
    world.electron.crossed.filter(({ to, value }) => to === "renderer" && JSON.stringify(value).includes('"aborted"')),
  ).toHaveLength(1);
});

test("closing a client ends its calls as aborted, and later ones", async () => {
  const main = world.makeClient({ storage: "memory", openBrowser: () => {} });
  world.serve({ allowInteraction: true }, main);
  const client = world.page().client();
  const outcome = client.getAccessToken().catch((error: unknown) => error);
  await client.close();
  expect(await outcome).toMatchObject({ code: "aborted", message: expect.stringContaining("closed") });
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: "aborted" });
  await expect(client.signOut()).rejects.toMatchObject({ code: "aborted" });
});

test("a main process that has ceased to serve is EnvironmentError, and the token in memory is gone", async () => {
  await world.client.getAccessToken();
  const served = world.serve();
  const client = world.page().client();
  await client.getAccessToken();
  served.close();
  await expect(client.getAccessToken()).rejects.toMatchObject({ code: "environment", sessionKept: true });
  world.serve();
  expect(await client.getAccessToken()).toBe(await world.client.getAccessToken());
});

test("a main process that answers nonsense is ResponseError, and nothing of it is held", async () => {
  const answers: unknown[] = [undefined, "token", { ok: "yes" }, { ok: true }, { ok: true, value: { accessToken: 1 } }];
  const page = world.page();
  world.electron.ipcMain.handle("keystone-auth:default", async () => answers[0]);
  const client = page.client();
  for (; answers.length > 0; answers.shift()) {
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: "response", sessionKept: true });
  }
});
