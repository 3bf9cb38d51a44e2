import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PLAIN_LOGIN } from "../../src/options/call.js";
import { leaveInTurn, noteAnswer } from "../../src/browser/page-turns.js";

/** All that has been promised by now is done. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A promise that a test resolves. */
function later<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve: (value: T) => resolve(value) };
}

describe("leaving a page that has several clients", () => {
  let page: EventTarget;
  beforeEach(() => {
    page = new EventTarget();
    vi.stubGlobal("window", page);
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  });
  afterEach(() => void vi.unstubAllGlobals());

  const noAbort = () => new AbortController().signal;
  /** A client that leaves until it is told that it came back. */
  function leaver(signal = noAbort()) {
    const { promise, resolve } = later<string>();
    const leave = vi.fn(() => promise);
    return { leave, comesBack: () => resolve("back"), turn: leaveInTurn({ signal, request: PLAIN_LOGIN }, leave) };
  }

  it("PG-09 one leaves at a time, and the next when it has given up", async () => {
    const [one, two] = [leaver(), leaver()];
    await settled();
    expect([one.leave, two.leave].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    one.comesBack();
    expect(await one.turn).toBe("back");
    await settled();
    expect(two.leave).toHaveBeenCalledOnce();
    two.comesBack();
    expect(await two.turn).toBe("back");
  });

  it("PG-09 nobody leaves while an answer is being finished, also one that came meanwhile", async () => {
    const [first, second] = [later<void>(), later<void>()];
    noteAnswer(first.promise);
    const one = leaver();
    await settled();
    noteAnswer(second.promise);
    first.resolve();
    await settled();
    expect(one.leave).not.toHaveBeenCalled();
    second.resolve();
    await settled();
    expect(one.leave).toHaveBeenCalledOnce();
    one.comesBack();
    await one.turn;
  });

  it("PG-09 one that is aborted while it waits does not make the next one overtake", async () => {
    const stop = new AbortController();
    const [one, two, three] = [leaver(), leaver(stop.signal), leaver()];
    stop.abort(new Error("stopped"));
    await expect(two.turn).rejects.toThrow("stopped");
    await settled();
    expect([two.leave, three.leave].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    one.comesBack();
    await one.turn;
    await settled();
    expect(three.leave).toHaveBeenCalledOnce();
    three.comesBack();
    await three.turn;
  });

  it("a page that the person brings back is not left again by those that waited", async () => {
    const [one, two] = [leaver(), leaver()];
    await settled();
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect(await two.turn).toBeUndefined();
    one.comesBack();
    await one.turn;
    expect(two.leave).not.toHaveBeenCalled();
  });

  it("an aborted call leaves nothing behind and does not leave", async () => {
    const one = leaver(AbortSignal.abort(new Error("stopped")));
    await expect(one.turn).rejects.toThrow("stopped");
    expect(one.leave).not.toHaveBeenCalled();
  });
});
