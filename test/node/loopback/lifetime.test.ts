import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { NetworkError, ProviderError, TimeoutError } from "../../../src/errors.js";
import type { LoopbackAgent } from "../../../src/node/loopback/agent.js";
import { startWatch } from "../../support/watch.js";
import { CODE, callback, isClosed, knock, open, parseAnswer, readAll, STATE, SUCCESS, waitingAgent } from "./knock.js";

const refused = new ProviderError("The provider refused the sign-in.", { error: "access_denied" });

describe("the end of a loopback login", () => {
  const agents: LoopbackAgent[] = [];
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
  });
  const waiting = async (options: Parameters<typeof waitingAgent>[0] = {}, signal?: AbortSignal) => {
    const made = await waitingAgent(options, signal);
    agents.push(made.agent);
    return made;
  };

  it("CB-12 gives a reload during the exchange, and a late one, the page of the first request", async () => {
    const { agent, redirectUri, response } = await waiting();
    const first = knock(redirectUri, callback());
    await response;
    const socket = await open(redirectUri);
    const reload = readAll(socket);
    socket.write(`GET ${callback()} HTTP/1.1\r\nHost: ${new URL(redirectUri).host}\r\n\r\n`);
    // Another answer on another connection proves that the reload has arrived.
    expect((await knock(redirectUri, callback({ state: STATE, code: "another" }))).status).toBe(400);
    await agent.settle(SUCCESS);
    const page = (await first).body;
    expect(page).toContain("You are signed in");
    expect(parseAnswer(await reload).body).toBe(page);
  });

  it("holds the browser until the outcome is known, and delivers the whole page", async () => {
    const html = `<!doctype html><title>Large</title>${"<p>line</p>".repeat(200_000)}`;
    const { agent, redirectUri, response } = await waiting({ pages: { landingPage: () => ({ html }) } });
    const socket = await open(redirectUri);
    let answered = false;
    socket.once("data", () => {
      answered = true;
    });
    const answer = readAll(socket);
    socket.write(`GET ${callback()} HTTP/1.1\r\nHost: ${new URL(redirectUri).host}\r\n\r\n`);
    await response;
    expect((await knock(redirectUri, "/")).status).toBe(400);
    expect(answered).toBe(false);
    await agent.settle(SUCCESS);
    await agent.close();
    const { body, headers } = parseAnswer(await answer);
    expect(headers.get("connection")).toBe("close");
    expect(body).toHaveLength(Number(headers.get("content-length")));
    expect(body.endsWith("<p>line</p>")).toBe(true);
    expect(await isClosed(redirectUri)).toBe(true);
  });

  it("answers 400 with the error page after a failure", async () => {
    const { agent, redirectUri, response } = await waiting();
    const page = knock(redirectUri, callback({ state: STATE, error: "access_denied" }));
    expect((await response).get("error")).toBe("access_denied");
    await agent.settle({ ok: false, error: refused });
    expect(await page).toMatchObject({ status: 400, body: expect.stringContaining("The sign-in did not succeed") });
  });

  it("settles when the browser went away before the answer", async () => {
    const { agent, redirectUri, response } = await waiting();
    const socket = await open(redirectUri);
    socket.write(`GET ${callback()} HTTP/1.1\r\nHost: ${new URL(redirectUri).host}\r\n\r\n`);
    await response;
    socket.resetAndDestroy();
    await once(socket, "close");
    await agent.settle(SUCCESS);
    await agent.close();
    expect(await isClosed(redirectUri)).toBe(true);
  });

  it("answers 503 when it is closed while the browser waits, and settles afterwards", async () => {
    const { agent, redirectUri, response } = await waiting();
    const page = knock(redirectUri, callback());
    await response;
    await agent.close();
    expect(await page).toMatchObject({ status: 503, body: expect.not.stringContaining("signed in") });
    await agent.settle(SUCCESS);
  });

  it("lets a page that is being made be shown when close() comes", async () => {
    let make = (_html: string) => {};
    const html = new Promise<string>((resolve) => {
      make = resolve;
    });
    const { agent, redirectUri, response } = await waiting({
      pages: { landingPage: async () => ({ html: await html }) },
    });
    const page = knock(redirectUri, callback());
    await response;
    const settled = agent.settle(SUCCESS);
    const closed = agent.close();
    make("<p>made");
    await Promise.all([settled, closed]);
    expect((await page).body).toContain("<p>made");
    expect(await isClosed(redirectUri)).toBe(true);
  });

  it("LB-15 rejects with the time-out's error when nobody comes back, and the port is closed", async () => {
    const controller = new AbortController();
    const { agent, redirectUri, response } = await waiting({}, controller.signal);
    const error = new TimeoutError("Nobody finished the sign-in.");
    const timer = setTimeout(() => controller.abort(error), 10);
    await expect(response).rejects.toBe(error);
    clearTimeout(timer);
    expect((await knock(redirectUri, callback())).status).toBe(400);
    await agent.settle({ ok: false, error });
    await agent.close();
    expect(await isClosed(redirectUri)).toBe(true);
  });

  it("LB-16 survives requests that trail in while it closes", async () => {
    const watch = startWatch({ secrets: () => [CODE, STATE] });
    try {
      const { agent, redirectUri, response, log } = await waiting();
      const trailing = await Promise.all(Array.from({ length: 20 }, () => open(redirectUri)));
      const answers = trailing.map(readAll);
      const page = knock(redirectUri, callback());
      await response;
      const settled = agent.settle(SUCCESS);
      for (const socket of trailing)
        socket.write(`GET ${callback()} HTTP/1.1\r\nHost: ${new URL(redirectUri).host}\r\n\r\nGET / HTTP/1.1\r\n`);
      await Promise.all([settled, agent.close()]);
      await Promise.all(answers);
      expect((await page).status).toBe(200);
      expect(await isClosed(redirectUri)).toBe(true);
      watch.expectClean([log.lines]);
    } finally {
      watch.stop();
    }
  });

  it("takes the pasted response where it comes first, and gives the browser that comes later the page", async () => {
    let paste = (_parameters: URLSearchParams) => {};
    const { agent, redirectUri, response } = await waiting({
      pasted: () =>
        new Promise((resolve) => {
          paste = resolve;
        }),
    });
    paste(new URLSearchParams({ code: CODE, state: STATE }));
    expect((await response).get("code")).toBe(CODE);
    const page = knock(redirectUri, callback());
    expect((await knock(redirectUri, callback({ code: "another", state: STATE }))).status).toBe(400);
    await agent.settle(SUCCESS);
    expect((await page).status).toBe(200);
  });

  it("ends the wait for a pasted response when the browser comes first, when the wait is aborted, and when it is closed", async () => {
    const signals: AbortSignal[] = [];
    const pasted = (_state: string, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<URLSearchParams>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    };
    const byBrowser = await waiting({ pasted });
    void knock(byBrowser.redirectUri, callback());
    await byBrowser.response;
    const controller = new AbortController();
    const aborted = await waiting({ pasted }, controller.signal);
    controller.abort(new Error("enough"));
    await expect(aborted.response).rejects.toThrow("enough");
    const closed = await waiting({ pasted });
    await closed.agent.close();
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true, true]);
  });

  it("I4 outlives a show and a paste that fail, at once or later", async () => {
    const watch = startWatch({ secrets: () => [CODE, STATE] });
    try {
      for (const fail of [
        () => Promise.reject(new NetworkError("no")),
        () => {
          throw new Error(`at once ${STATE}`);
        },
      ]) {
        const { agent, redirectUri, response, log } = await waiting({ show: fail, pasted: fail });
        const page = knock(redirectUri, callback());
        await response;
        await agent.settle(SUCCESS);
        expect((await page).status).toBe(200);
        expect(log.messages("warn")).toHaveLength(2);
        watch.expectClean([log.lines]);
      }
    } finally {
      watch.stop();
    }
  });
});
