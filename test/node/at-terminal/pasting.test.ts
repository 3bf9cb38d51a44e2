/** The address that a browser on another machine ended at, pasted at a real terminal. */
import { describe, expect, it } from "vitest";
import { Shell } from "../../support/shell.js";
import { ADDRESS, DESKTOP, type Scene, SSH, startScene } from "./scene.js";

const LIMIT = { timeout: 60_000 };
const PASTE = /paste the address of that page here/;

async function sceneOverSsh(plan: Record<string, unknown> = {}): Promise<{ scene: Scene; shell: Shell; url: string }> {
  const scene = await startScene();
  scene.provider.metadata.device_authorization_endpoint = undefined;
  const shell = await Shell.start({ env: SSH });
  await shell.enter(`stty -g > '${scene.directory}/before'`);
  await shell.prompt();
  await shell.enter(scene.command(plan));
  const url = await shell.waitFor(ADDRESS);
  await shell.waitFor(PASTE);
  return { scene, shell, url };
}

/** Whether the terminal is as it was before the program. */
async function expectSameMode(shell: Shell, scene: Scene): Promise<void> {
  await shell.enter(
    `stty -g > '${scene.directory}/after'; cd '${scene.directory}'; cmp after before && echo same-$((1+1))`,
  );
  await shell.waitFor(/same-2\r/);
}

describe("A pasted answer", () => {
  it.each([4_000, 4_200, 9_000, 15_800])(
    "TM-12 of %i characters arrives whole, and the mode is put back",
    LIMIT,
    async (length) => {
      const { scene, shell, url } = await sceneOverSsh();
      const answer = String((await scene.provider.authorize(url, { follow: false })).headers.location);
      const [origin, query] = answer.split("?");
      const filling = "x".repeat(Math.max(0, length - answer.length - 3));
      await shell.enter(`${origin}?x=${filling}&${query}`);
      await shell.waitFor(/token\r\n/);
      await expectSameMode(shell, scene);
    },
  );

  it("is taken back letter by letter, and a line that is no answer gets a hint", LIMIT, async () => {
    const { scene, shell, url } = await sceneOverSsh();
    const answer = String((await scene.provider.authorize(url, { follow: false })).headers.location);
    await shell.enter("hello");
    await shell.waitFor(/not the address of this sign-in/);
    shell.type(`${answer}abc`);
    shell.type("\u007f\u007f\u007f");
    await shell.enter("");
    await shell.waitFor(/token\r\n/);
    await expectSameMode(shell, scene);
  });
});

describe("The terminal's mode", () => {
  it.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-\\", "\u001c"],
  ])("TM-12 is put back after %s, which ends the program", LIMIT, async (_, key) => {
    const { scene, shell } = await sceneOverSsh();
    shell.type(key);
    await shell.prompt();
    await expectSameMode(shell, scene);
  });

  it.each(["TERM", "HUP"])("TM-12 is put back after SIG%s", LIMIT, async (signal) => {
    const { scene, shell } = await sceneOverSsh();
    const [id] = await idsOf(scene);
    process.kill(id as number, `SIG${signal}`);
    await shell.prompt();
    await expectSameMode(shell, scene);
  });

  it("TM-12 is put back after an error that the program throws", LIMIT, async () => {
    const { scene, shell } = await sceneOverSsh({ throwsAfterMs: 1500 });
    await shell.waitFor(/thrown by the program/);
    await expectSameMode(shell, scene);
  });

  it("TM-15 is put back by close(), and nothing keeps the program alive", LIMIT, async () => {
    const { scene, shell } = await sceneOverSsh({ closesAfterMs: 1500 });
    await shell.waitFor(/failed aborted/);
    await shell.prompt();
    await expectSameMode(shell, scene);
  });
});

describe("Pasting is named", () => {
  it("TM-09 where BROWSER may open the page on the person's own machine", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: { ...SSH, BROWSER: "true" } });
    await shell.enter(scene.command());
    const url = await shell.waitFor(ADDRESS);
    await shell.waitFor(PASTE);
    await shell.enter(String((await scene.provider.authorize(url, { follow: false })).headers.location));
    await shell.waitFor(/token\r\n/);
  });

  it("not where the browser is on this machine: stdin is not read then", LIMIT, async () => {
    const scene = await startScene();
    const shell = await Shell.start({ env: DESKTOP });
    await shell.enter(scene.command());
    const url = await shell.waitFor(ADDRESS);
    await shell.enter("hello");
    await scene.provider.authorize(url);
    await shell.waitFor(/token\r\n/);
    // The shell reads what was typed.
    await shell.waitFor(/hello: command not found/);
    expect(shell.text).not.toMatch(PASTE);
  });

  it("after the browser has failed to open", LIMIT, async () => {
    const scene = await startScene();
    scene.provider.metadata.device_authorization_endpoint = undefined;
    const shell = await Shell.start({ env: { DISPLAY: ":7", BROWSER: "/no/such/browser" } });
    await shell.enter(scene.command());
    const url = await shell.waitFor(ADDRESS);
    await shell.waitFor(/No browser could be opened/);
    await shell.waitFor(PASTE);
    await shell.enter(String((await scene.provider.authorize(url, { follow: false })).headers.location));
    await shell.waitFor(/token\r\n/);
  });
});

/** The program's process, by its arguments. */
async function idsOf(scene: Scene): Promise<number[]> {
  const { readdirSync, readFileSync } = await import("node:fs");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        return words[0] === process.execPath && words.some((word) => word.includes(scene.directory));
      } catch {
        return false;
      }
    })
    .map(Number);
}
