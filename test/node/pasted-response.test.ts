import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { readPasted, waitForPasted } from "../../src/node/pasted-response.js";
import { compileForChildren } from "../support/compile.js";
import { fakeTerminal } from "./fake-terminal.js";
import { CODE, callback, createAgent, knock, STATE, SUCCESS } from "./loopback/knock.js";

const ADDRESS = `http://127.0.0.1:53682?code=${CODE}&state=${STATE}&iss=https%3A%2F%2Fprovider.example`;

describe("a pasted line", () => {
  it.each([
    ["a whole address", ADDRESS],
    ["an address with a path and a fragment", `http://127.0.0.1:1/callback?code=${CODE}&state=${STATE}#top`],
    ["blanks around it", `  ${ADDRESS}\t`],
    ["quotes around it", `"${ADDRESS}"`],
    ["the marks of a bracketed paste", `\u001b[200~${ADDRESS}\u001b[201~`],
    ["the query alone", `code=${CODE}&state=${STATE}`],
    ["the query with its mark", `?code=${CODE}&state=${STATE}`],
  ])("is taken from %s", (_, line) => {
    expect(readPasted(line, { state: STATE })?.get("code")).toBe(CODE);
  });

  it.each([
    "",
    "y",
    CODE,
    `https://x/?code=${CODE}`,
    `https://x/?code=${CODE}&state=other`,
    `https://x/#state=${STATE}`,
    `https://x/?state=${STATE}&x=${"y".repeat(20_000)}`,
  ])('CB-02 is not taken from "%.40s"', (line) => {
    expect(readPasted(line, { state: STATE })).toBeUndefined();
  });
});

describe("waiting for a pasted address", () => {
  it("gives hints for other lines, and repeats nothing of them", async () => {
    const input = new PassThrough();
    const terminal = fakeTerminal();
    const pasted = waitForPasted({ state: STATE }, new AbortController().signal, input, terminal);
    input.write(`${CODE}\n\n   \nhttps://x/?code=secret&state=wrong\n`);
    input.write(`${ADDRESS}\n`);
    expect((await pasted).get("code")).toBe(CODE);
    expect(terminal.text.match(/Paste the whole address/g)).toHaveLength(2);
    expect(terminal.text).not.toMatch(/canary|secret|wrong/);
  });

  it("takes an address that comes in pieces", async () => {
    const input = new PassThrough();
    const pasted = waitForPasted({ state: STATE }, new AbortController().signal, input, fakeTerminal());
    input.write(ADDRESS.slice(0, 40));
    input.write(`${ADDRESS.slice(40)}\r\n`);
    expect((await pasted).get("code")).toBe(CODE);
  });

  it("leaves to the program what stands behind the answer, and the unfinished line before it", async () => {
    const input = new PassThrough();
    const pasted = waitForPasted({ state: STATE }, new AbortController().signal, input, fakeTerminal());
    input.write(`${ADDRESS}\nline 1\nend\n`);
    expect((await pasted).get("code")).toBe(CODE);
    const read = once(input, "data");
    input.resume();
    expect(String((await read)[0])).toBe("line 1\nend\n");
  });

  it("names the error of an answer without state, and asks again for one that was cut off in its issuer", async () => {
    const input = new PassThrough();
    const terminal = fakeTerminal();
    const awaited = { state: STATE, issuer: "https://provider.example" };
    const pasted = waitForPasted(awaited, new AbortController().signal, input, terminal);
    input.write("http://127.0.0.1:53682?error=access_denied\n");
    input.write(`${ADDRESS.slice(0, -8)}\n`);
    input.write(`${ADDRESS}\n`);
    expect((await pasted).get("iss")).toBe("https://provider.example");
    expect(terminal.text.split("\n").filter((line) => line !== "")).toEqual([
      expect.stringContaining('the error "access_denied"'),
      expect.stringContaining("That is not the address"),
    ]);
  });

  it("ends with the signal's reason, and leaves no listener and no flow behind", async () => {
    const input = new PassThrough();
    const before = input.eventNames().map((name) => [name, input.listenerCount(name)]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const pasted = waitForPasted({ state: STATE }, controller.signal, input, fakeTerminal());
    controller.abort(reason);
    await expect(pasted).rejects.toBe(reason);
    expect(input.eventNames().map((name) => [name, input.listenerCount(name)])).toEqual(before);
    expect(input.readableFlowing).toBeNull();
    const read = once(input, "data");
    input.write("for the program");
    expect(String((await read)[0])).toBe("for the program");
  });

  it("does not begin when the signal has fired", async () => {
    const reason = new Error("enough");
    await expect(
      waitForPasted({ state: STATE }, AbortSignal.abort(reason), new PassThrough(), fakeTerminal()),
    ).rejects.toBe(reason);
  });

  it("goes on waiting when the input ends or breaks", async () => {
    for (const end of [
      (input: PassThrough) => void input.end(),
      (input: PassThrough) => void input.destroy(new Error("EIO")),
    ]) {
      const input = new PassThrough();
      const controller = new AbortController();
      const pasted = waitForPasted({ state: STATE }, controller.signal, input, fakeTerminal());
      const closed = once(input, "close");
      end(input);
      input.resume();
      await closed.catch(() => {});
      controller.abort(new Error("enough"));
      await expect(pasted).rejects.toThrow("enough");
    }
  });

  it("leaves an input alone that the program reads itself", async () => {
    const input = new PassThrough();
    const lines: string[] = [];
    input.on("data", (piece) => lines.push(String(piece)));
    const controller = new AbortController();
    const pasted = waitForPasted({ state: STATE }, controller.signal, input, fakeTerminal());
    input.write(`${ADDRESS}\n`);
    await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await expect(pasted).rejects.toThrow("enough");
    expect(lines).toEqual([`${ADDRESS}\n`]);
    expect(input.readableFlowing).toBe(true);
  });

  it("ends a login at the loopback agent, and the first of both ways wins", async () => {
    const input = new PassThrough();
    const { agent, log } = createAgent({
      pasted: (state, signal) => waitForPasted({ state }, signal, input, fakeTerminal()),
    });
    onTestFinished(() => agent.close());
    const { signal } = new AbortController();
    const { redirectUri } = await agent.prepare(signal);
    const arrived = agent.authorize({ url: "https://provider.example/", state: STATE, silent: false }, signal);
    input.write(`${ADDRESS}\n`);
    expect((await arrived).get("code")).toBe(CODE);
    expect((await knock(redirectUri, callback({ code: "another", state: STATE }))).status).toBe(400);
    await agent.settle(SUCCESS);
    expect(log.messages().join()).not.toContain(CODE);
  });
});

/** Starts the program behind a terminal of its own. */
async function onTerminal(): Promise<{ child: ChildProcess; output(): string; waitFor(text: string): Promise<void> }> {
  const program = join(await compileForChildren(), "test", "node", "programs", "paste.js");
  const child = spawn("script", ["-qec", `${process.execPath} ${program} ${STATE}`, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  let look = () => {};
  child.stdout.on("data", (piece) => {
    text += String(piece);
    look();
  });
  const waitFor = (wanted: string) =>
    new Promise<void>((resolve) => {
      look = () => text.includes(wanted) && resolve();
      look();
    });
  return { child, output: () => text, waitFor };
}

describe("a real terminal", () => {
  it("is left to the program afterwards, and the process ends by itself", async () => {
    const { child, output, waitFor } = await onTerminal();
    const exited = once(child, "exit");
    await waitFor("ready");
    child.stdin?.write("what is this\n");
    await waitFor("Paste the whole address");
    child.stdin?.write(`${ADDRESS}\n`);
    await waitFor("took code,state,iss");
    child.stdin?.write("something else\n");
    await waitFor("then read something else");
    expect(await exited).toEqual([0, null]);
    expect(output()).toContain("then read something else");
  });
});
