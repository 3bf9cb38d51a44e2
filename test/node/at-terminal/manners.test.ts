/** The table "What is written, and what is read" of docs/node.md, row by row, at a real terminal. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Shell } from "../../support/shell.js";
import { ADDRESS, DESKTOP, type Scene, SSH, startScene } from "./scene.js";

interface Row {
  readonly when: string;
  readonly env: Readonly<Record<string, string>>;
  /** What stands in the table's second column, as patterns; none for "nothing". */
  readonly written: readonly RegExp[];
  readonly reads: boolean;
  readonly plan?: Record<string, unknown>;
  readonly options?: Record<string, unknown>;
  readonly prepare?: (scene: Scene) => Promise<unknown> | void;
  /** Where neither stdin nor stderr is a terminal. */
  readonly elsewhere?: boolean;
}

const WHO = /prizm asks you to sign in/;
const URL_LINE = /^http\S+response_type=code\S+\r?$/m;
const COUNTDOWN = /Waiting for the sign-in at \S+ \(option loopback\)… \d:\d\d left/;
const PASTE = /paste the address of that page here/;
const WHY = /No browser opens here: /;
const noDevice = ({ provider }: Scene) => {
  provider.metadata.device_authorization_endpoint = undefined;
};

const ROWS: readonly Row[] = [
  { when: "a stored token, a refresh", env: DESKTOP, written: [], reads: false, prepare: signInBefore },
  { when: "a browser opens", env: DESKTOP, written: [WHO, URL_LINE, COUNTDOWN], reads: false },
  {
    when: "no browser opens, at a terminal",
    env: SSH,
    written: [WHO, WHY, URL_LINE, PASTE],
    reads: true,
    prepare: noDevice,
  },
  {
    when: "BROWSER over SSH or in a remote editor",
    env: { ...SSH, BROWSER: "true" },
    written: [WHO, URL_LINE, PASTE],
    reads: true,
  },
  {
    when: "no browser opens, elsewhere",
    env: { DISPLAY: ":7", BROWSER: "/no/such/browser" },
    written: [WHO, URL_LINE, /No browser could be opened/],
    reads: false,
    prepare: ({ provider }) => void provider.on("device_authorization", () => ({ status: 400, json: { error: "x" } })),
    elsewhere: true,
  },
  {
    when: "a device code",
    env: SSH,
    written: [WHO, /A code is shown, since /, /enter this code/, /█/],
    reads: false,
  },
  {
    when: "with `onAuthorizationUrl`, a browser login",
    env: SSH,
    written: [],
    reads: false,
    plan: { drawsItself: true },
  },
  {
    when: "with `onDeviceCode`, a device login",
    env: SSH,
    written: [],
    reads: false,
    plan: { showsCode: true },
    options: { flow: "device_code" },
  },
];

/** These have a test of their own: login-turn.test.ts and output.test.ts. */
const ELSEWHERE = ["another program's sign-in is waited for", "an error redirect without `state`"];

async function signInBefore(scene: Scene): Promise<void> {
  const shell = await Shell.start({ env: DESKTOP });
  await shell.enter(scene.command());
  await scene.provider.authorize(await shell.waitFor(ADDRESS));
  await shell.waitFor(/token\r\n/);
}

describe("What is written and read", { timeout: 60_000 }, () => {
  it.each(ROWS)("$when", async ({ env, written, reads, plan, options, prepare, elsewhere }) => {
    const scene = await startScene();
    await prepare?.(scene);
    const shell = await Shell.start({ env, columns: 120, rows: 60 });
    const err = `${scene.directory}/err`;
    // `script` has one terminal: what goes to stderr is told apart by a copy, which is a pipe where that is wanted.
    const copied = elsewhere || written.length === 0 ? ` 2> '${err}'` : "";
    const redirected = elsewhere ? ` < /dev/null${copied}` : copied;
    await shell.enter(`${scene.command(plan, options)}${redirected}; echo "ended-$((1+1))"`);
    const isPending = prepare !== signInBefore;
    if (isPending) {
      await pending(scene, shell, err);
      await shell.enter("hello");
      if (reads) await shell.waitFor(/That is not the address of this sign-in/);
      await finish(scene, shell, err);
    }
    await shell.waitFor(/token\r\n/);
    await shell.waitFor(/ended-2\r\n/);
    if (isPending && !reads) await shell.waitFor(/hello: command not found/);
    const shown = redirected ? readFileSync(err, "utf8") : shell.text;
    if (written.length === 0) expect(shown).toBe("");
    for (const pattern of written) expect(shown).toMatch(pattern);
    expect(shown.includes("paste")).toBe(reads);
  });

  it("are the rows of docs/node.md", () => {
    const text = readFileSync(join(import.meta.dirname, "../../../docs/node.md"), "utf8");
    const [, table = ""] =
      /\| when \| written to stderr \| read from stdin \|\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)/.exec(text) ?? [];
    const rows = table
      .trim()
      .split("\n")
      .map((row) => row.split("|").map((cell) => cell.trim()));
    const told = rows.map(([, when]) => when);
    expect(new Set(told)).toEqual(new Set([...ROWS.map(({ when }) => when), ...ELSEWHERE]));
    for (const [, when, written, read] of rows) {
      const row = ROWS.find((each) => each.when === when);
      if (row) expect([written === "nothing", read === "nothing"]).toEqual([row.written.length === 0, !row.reads]);
    }
  });
});

/** Waits until the person is asked. */
async function pending(scene: Scene, shell: Shell, err: string): Promise<void> {
  for (;;) {
    const asked = /(response_type=code\S+\s|enter this code|is-shown)/;
    if (asked.test(shell.text) || asked.test(read(err))) break;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  // What is offered beside it, too.
  if (scene.provider.ledger.count("device_authorization") > 0) await new Promise((resolve) => setTimeout(resolve, 300));
}

async function finish(scene: Scene, shell: Shell, err: string): Promise<void> {
  const url = /(http\S+response_type=code\S+)\s/.exec(shell.text + read(err))?.[1];
  if (url === undefined) scene.provider.approveDevice();
  else await scene.provider.authorize(url);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
