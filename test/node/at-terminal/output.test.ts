/** What is written during a sign-in, where, and what for. At a real terminal, or beside one. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Shell } from "../../support/shell.js";
import { ADDRESS, DESKTOP, type Scene, SSH, startScene } from "./scene.js";

const LIMIT = { timeout: 60_000 };
const BLOCKS = /[█▀▄]/;

/** The program beside a terminal: its stdin is a pipe, or `ignore`. */
function beside(scene: Scene, env: Record<string, string>, ...args: Parameters<Scene["words"]>) {
  const [program = "", ...rest] = scene.words(...args);
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: scene.directory, ...env },
  });
  const shown = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (part: string) => (shown.out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (shown.err += part));
  return { child, shown, ended: once(child, "close") };
}

async function shownBy(child: ChildProcess, text: () => string, pattern: RegExp): Promise<string> {
  for (;;) {
    const found = pattern.exec(text());
    if (found) return found[1] ?? found[0];
    if (child.exitCode !== null) throw new Error(`the program ended: ${text()}`);
    await Promise.race([
      once(child.stdout as NonNullable<unknown> as NodeJS.ReadableStream, "data"),
      once(child.stderr as NodeJS.ReadableStream, "data"),
      once(child, "close"),
    ]);
  }
}

describe("A program that draws its own terminal", () => {
  it("TM-10 finds not one byte of the library's there, and its input untouched", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: DESKTOP });
    await shell.enter(`${scene.command({ drawsItself: true })} 2> '${scene.directory}/err'`);
    const url = await shell.waitFor(/open (http\S+)\r\n/);
    await shell.enter("echo typed-$((1+1))");
    await scene.provider.authorize(url);
    expect(await shell.waitFor(/([^]*)token\r\n/)).toBe("echo typed-$((1+1))\r\n");
    await shell.waitFor(/typed-2/);
    expect(readFileSync(`${scene.directory}/err`, "utf8")).toBe("");
  });

  it("TM-10 the same where no browser opens, and where it waits for another program's sign-in", LIMIT, async () => {
    const scene = await startScene();
    const plan = { drawsItself: true };
    const options = { flow: "auth_code" };
    const first = beside(scene, {}, plan, options);
    await shownBy(first.child, () => first.shown.out, /open (http\S+)\n/);
    const second = beside(scene, {}, plan, options);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await scene.provider.authorize(await shownBy(first.child, () => first.shown.out, /open (http\S+)\n/));
    await Promise.all([first.ended, second.ended]);
    expect([first.shown.err, second.shown.err]).toEqual(["", ""]);
    expect([first.shown.out.endsWith("token\n"), second.shown.out]).toEqual([true, "token\n"]);
  });
});

describe("A stderr whose reader has gone", () => {
  it.each(["auth_code", "device_code"])("TM-05 does not end a sign-in: %s", LIMIT, async (flow) => {
    const scene = await startScene();
    const { child, shown, ended } = beside(scene, DESKTOP, {}, { flow });
    await shownBy(child, () => shown.err, /(prizm asks you)/);
    child.stderr.destroy();
    const { ledger } = scene.provider;
    if (flow === "device_code") scene.provider.approveDevice();
    else await scene.provider.authorize(ADDRESS.exec(shown.err)?.[1] ?? (await addressFrom(scene)));
    await ended;
    expect([shown.out, child.exitCode, ledger.count("token") > 0]).toEqual(["token\n", 0, true]);
  });

  it.each(["auth_code", "device_code"])(
    "TM-05 that is closed from the start does not either: %s",
    LIMIT,
    async (flow) => {
      const scene = await startScene();
      const [program = "", ...rest] = scene.words({ drawsItself: false }, { flow, loopback: { ports: [0] } });
      const child = spawn(
        "sh",
        ["-c", 'exec 3>&1; { "$@" 2>&1 >&3; echo "code $?" >&3; } | head -c 1 >/dev/null', "sh", program, ...rest],
        {
          stdio: ["ignore", "pipe", "ignore"],
          env: { PATH: process.env.PATH, HOME: scene.directory, DISPLAY: ":7", BROWSER: `${scene.directory}/browser` },
        },
      );
      const { chmodSync, writeFileSync } = await import("node:fs");
      writeFileSync(`${scene.directory}/browser`, `#!/bin/sh\nsleep 0.5\necho "$1" > '${scene.directory}/url'\n`);
      chmodSync(`${scene.directory}/browser`, 0o700);
      let out = "";
      child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
      const closed = once(child, "close");
      if (flow === "device_code") {
        while (scene.provider.ledger.count("device_authorization") === 0) await new Promise((r) => setTimeout(r, 50));
        await new Promise((resolve) => setTimeout(resolve, 500));
        scene.provider.approveDevice();
      } else await scene.provider.authorize(await addressFrom(scene));
      await closed;
      expect(out).toBe("token\ncode 0\n");
    },
  );
});

/** The address that the browser of the scene was given. */
async function addressFrom(scene: Scene): Promise<string> {
  const { existsSync, readFileSync } = await import("node:fs");
  while (!existsSync(`${scene.directory}/url`) || !readFileSync(`${scene.directory}/url`, "utf8").endsWith("\n"))
    await new Promise((resolve) => setTimeout(resolve, 30));
  return readFileSync(`${scene.directory}/url`, "utf8").trim();
}

describe("The line of the wait", () => {
  it(
    "DX-08 names the redirect URI and its option, and so does the error of a sign-in that nobody finishes",
    LIMIT,
    async () => {
      const scene = await startScene({ redirectUris: ["https://elsewhere.example/"] });
      const shell = await Shell.start({ env: DESKTOP });
      await shell.enter(scene.command({}, { loginTimeoutSeconds: 2, loopback: { ports: [0], path: "/callback" } }));
      await shell.waitFor(ADDRESS);
      await shell.waitFor(/Waiting at http:\/\/127\.0\.0\.1:\d+\/callback \(option loopback\)… 0:0\d left/);
      const error = await shell.waitFor(/failed timeout: ([^\r]+)/);
      expect(error).toMatch(
        /redirect URI http:\/\/127\.0\.0\.1:\d+\/callback, register it there, or change it by the option loopback/,
      );
    },
  );
});

describe("A device code", () => {
  it("DX-09 on 80 × 24 has no QR code, and says who asks and why no browser opens", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: SSH, columns: 80, rows: 24 });
    await shell.enter(scene.command());
    const shown = await shell.waitFor(/([^]*)Waiting for the sign-in/);
    expect(shown).not.toMatch(BLOCKS);
    expect(shown).toMatch(
      /prizm asks you to sign in\.\r\nA code is shown, since this is an SSH session without a display\./,
    );
    expect(shown.slice(shown.indexOf("prizm asks")).split("\n").length).toBeLessThan(20);
    scene.provider.approveDevice();
    await shell.waitFor(/token\r\n/);
  });

  it("DX-09 on 120 × 40 has one, and all of it fits", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: SSH, columns: 120, rows: 40 });
    await shell.enter(scene.command());
    const shown = await shell.waitFor(/(prizm asks[^]*)Waiting for the sign-in/);
    expect(shown).toMatch(BLOCKS);
    expect(shown.split("\n").length).toBeLessThan(40);
    scene.provider.approveDevice();
    await shell.waitFor(/token\r\n/);
  });
});

describe("An error redirect without state", () => {
  it("TM-14 is told once, cleaned, and the sign-in goes on", LIMIT, async () => {
    const scene = await startScene();
    const { child, shown, ended } = beside(scene, DESKTOP);
    const url = await shownBy(child, () => shown.err, ADDRESS);
    const redirectUri = new URL(url).searchParams.get("redirect_uri") as string;
    const stray = `${redirectUri}/?error=invalid_scope&error_description=${encodeURIComponent("no\u001b[2J such\nscope.")}`;
    for (let time = 0; time < 3; time += 1) expect((await fetch(stray)).status).toBe(400);
    expect((await fetch(`${redirectUri}/?error=access_denied&state=other`)).status).toBe(400);
    await scene.provider.authorize(url);
    await ended;
    expect(shown.out).toBe("token\n");
    expect(shown.err.match(/An answer without this sign-in's state came: .*/g)).toEqual([
      `An answer without this sign-in's state came: "invalid_scope": no [2J such scope. It is left alone, since anybody could send it; the sign-in still waits.`,
    ]);
  });
});
