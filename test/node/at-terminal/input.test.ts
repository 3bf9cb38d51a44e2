/** stdin belongs to the program: who reads it, when, and how it is given back. At a real terminal, in a real shell. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Shell } from "../../support/shell.js";
import { ADDRESS, DESKTOP, SSH, startScene } from "./scene.js";

const LIMIT = { timeout: 60_000 };
const PASTE = /paste the address of that page here/;

/** Where the provider sends the browser back to; on another machine that ends at a page that cannot be shown. */
async function answerTo(scene: Awaited<ReturnType<typeof startScene>>, url: string): Promise<string> {
  return String((await scene.provider.authorize(url, { follow: false })).headers.location);
}

describe("A prompt of the program's own", () => {
  it("TM-03 works while a login is pending in a browser of this machine, and stdin stays alive", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: DESKTOP });
    await shell.enter(scene.command({ asksOnceThere: `${scene.directory}/go`, asksAtTheEnd: true }));
    const url = await shell.waitFor(ADDRESS);
    writeFileSync(`${scene.directory}/go`, "");
    await shell.waitFor(/colour\? /);
    await shell.enter("green");
    await shell.waitFor(/answered: green/);
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
    await shell.waitFor(/more\? /);
    await shell.enter("no");
    await shell.waitFor(/then: no\r\n/);
    await shell.enter("echo code=$?");
    expect(await shell.waitFor(/code=(\d+)\r/)).toBe("0");
    expect(shell.text).not.toMatch(/not the address/);
  });

  it("TM-03 ends the reading for good where pasting is the way", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    await shell.enter(scene.command({ asksOnceThere: `${scene.directory}/go`, asksAtTheEnd: true }));
    const url = await shell.waitFor(ADDRESS);
    await shell.waitFor(PASTE);
    await shell.enter("what is this");
    await shell.waitFor(/not the address of this sign-in/);
    writeFileSync(`${scene.directory}/go`, "");
    await shell.waitFor(/colour\? /);
    await shell.enter("green");
    await shell.waitFor(/answered: green/);
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
    await shell.waitFor(/more\? /);
    await shell.enter("no");
    await shell.waitFor(/then: no\r\n/);
    expect(shell.text.match(/not the address/g)).toHaveLength(1);
  });

  it("DX-07 that was closed before leaves pasting as it is, and a later one works", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    await shell.enter(scene.command({ asksBefore: true, asksAtTheEnd: true }));
    await shell.waitFor(/name\? /);
    await shell.enter("prizm");
    await shell.waitFor(/before: prizm/);
    const url = await shell.waitFor(ADDRESS);
    await shell.waitFor(PASTE);
    await shell.enter(await answerTo(scene, url));
    await shell.waitFor(/token\r\n/);
    await shell.waitFor(/more\? /);
    await shell.enter("no");
    await shell.waitFor(/then: no\r\n/);
  });

  it("DX-07 that is open keeps its terminal, and pasting is not offered", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    // The login begins in the turn after the question.
    await shell.enter(scene.command({ asksOnceThere: "/" }));
    const url = await shell.waitFor(ADDRESS);
    await shell.enter("green");
    await shell.waitFor(/answered: green/);
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
    expect(shell.text).not.toMatch(PASTE);
  });
});

describe("A job in the background", () => {
  it("TM-04 is not stopped by a key in the shell, and ends with a token", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    await shell.enter(`${scene.command()} &`);
    const url = await shell.waitFor(ADDRESS);
    await shell.enter("echo typed-$((1+1))");
    await shell.waitFor(/typed-2/);
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
    expect(shell.text).not.toMatch(/Stopped|angehalten/);
    expect(shell.text).not.toMatch(PASTE);
  });

  it("TM-04 that was in the foreground first reads no more there, and again when it is back", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    await shell.enter(scene.command());
    const url = await shell.waitFor(ADDRESS);
    await shell.waitFor(PASTE);
    shell.type("\u001a");
    await shell.waitFor(/Stopped/);
    await shell.enter("bg; sleep 0.7");
    await shell.enter("echo typed-$((1+1))");
    await shell.waitFor(/typed-2/);
    await shell.enter("jobs -l");
    await shell.waitFor(/Running/);
    await shell.enter("fg");
    await shell.waitFor(/fg\r\n/);
    await shell.enter("hello");
    await shell.waitFor(/not the address of this sign-in/);
    await shell.enter(await answerTo(scene, url));
    await shell.waitFor(/token\r\n/);
  });
});

describe("A job that begins in the background", () => {
  it("draws nothing over what is typed, and reads what is pasted once it is in the foreground", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: SSH });
    await shell.enter(`${scene.command()} &`);
    const url = await shell.waitFor(ADDRESS);
    await shell.enter("fg");
    await shell.waitFor(/paste the address of that page here/);
    await shell.enter(await answerTo(scene, url));
    await shell.waitFor(/token\r\n/);
  });

  it("draws no line that counts down", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: DESKTOP });
    await shell.enter(`${scene.command()} &`);
    const url = await shell.waitFor(ADDRESS);
    await shell.enter("sleep 1.5; echo slept-$((1+1))");
    await shell.waitFor(/slept-2/);
    expect(shell.text).not.toContain("Waiting for the sign-in");
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
  });
});

describe("An input that is no terminal", () => {
  it("TM-08 is never touched: what a slow producer writes is read whole afterwards", LIMIT, async () => {
    const scene = await startScene();
    const [program = "", ...rest] = scene.words({ readsInput: true });
    const env = { PATH: process.env.PATH, HOME: scene.directory, ...DESKTOP };
    const child = spawn(program, rest, { stdio: "pipe", env });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (err += part));
    child.stdin.write("first ");
    while (!ADDRESS.test(err)) await once(child.stderr, "data");
    await scene.provider.authorize(ADDRESS.exec(err)?.[1] as string);
    while (!out.includes("token")) await once(child.stdout, "data");
    // It waits for the rest in a synchronous read by now: a pipe that does not block would be EAGAIN.
    setTimeout(() => child.stdin.end("second"), 300);
    await once(child, "close");
    expect([out, child.exitCode]).toEqual(["token\nread 12 bytes\n", 0]);
  });
});
