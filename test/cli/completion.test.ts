/** `completion SHELL`: the scripts, in real shells at a pseudo-terminal. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, type TestContext } from "vitest";
import { COMMANDS } from "../../src/cli/arguments.js";
import { SETTINGS } from "../../src/cli/settings-table.js";
import { cli, useWorld } from "./command.js";
import { hasScript, TerminalSession } from "./terminal-run.js";

const theWorld = useWorld();
let session: TerminalSession | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

function needs(context: TestContext, shell: string): void {
  if (spawnSync(shell, ["--version"]).error !== undefined)
    context.skip(`there is no ${shell} here; as root on Debian "npm run browsers" installs zsh and fish`);
  if (!hasScript) context.skip("there is no script of util-linux here");
}

const NODE = process.execPath;
/** How each shell is started, and how it learns the words. */
const SHELLS = {
  bash: {
    start: ["bash", "--norc", "--noprofile", "-i"],
    load: `eval "$('${NODE}' '${cli}' completion bash)"`,
  },
  zsh: {
    start: ["zsh", "-f", "-i"],
    load: `autoload -Uz compinit; compinit -u -D; eval "$('${NODE}' '${cli}' completion zsh)"`,
  },
} as const;

/** Typed, and what the line then holds. */
const CASES: [typed: string, line: string][] = [
  ["keystone-auth tok", "keystone-auth token "],
  ["keystone-auth whoa", "keystone-auth whoami "],
  ["keystone-auth completion pow", "keystone-auth completion powershell "],
  ["keystone-auth logout --prov", "keystone-auth logout --provider-session "],
  ["keystone-auth git-credential er", "keystone-auth git-credential erase "],
  ["keystone-auth token --force", "keystone-auth token --force-refresh "],
];

describe("completion", { timeout: 60_000 }, () => {
  it.for(["bash", "zsh"] as const)("completes commands, their own options and words: %s", async (shell, context) => {
    needs(context, shell);
    const world = theWorld();
    const { start, load } = SHELLS[shell];
    const terminal = new TerminalSession(start, { cwd: world.work, env: { ...world.env, PS1: "> " } });
    session = terminal;
    terminal.type(`${load}; printf 'lo''aded\\n'\r`);
    await terminal.shows("loaded");
    for (const [typed, line] of CASES) {
      terminal.type(`${typed}\t`);
      await terminal.shows(line);
      // The line is given up.
      terminal.type("\u0015");
    }
  });

  it("completes values, files with blanks, and behind exec -- the words of that command: bash", async (context) => {
    needs(context, "bash");
    const world = theWorld();
    writeFileSync(join(world.work, "my settings.json"), "{}");
    const { start, load } = SHELLS.bash;
    const terminal = new TerminalSession(start, { cwd: world.work, env: { ...world.env, PS1: "> " } });
    session = terminal;
    terminal.type(`${load}; printf 'lo''aded\\n'\r`);
    await terminal.shows("loaded");
    for (const [typed, line] of [
      ["keystone-auth --flow dev", "keystone-auth --flow device_code "],
      ["keystone-auth --flow device_code lis", "keystone-auth --flow device_code list "],
      ["keystone-auth token --config my", "keystone-auth token --config my\\ settings.json "],
      ["keystone-auth --flow=dev", "keystone-auth --flow=device_code "],
      ["keystone-auth --flow=device_code lis", "keystone-auth --flow=device_code list "],
      ["keystone-auth exec -- prin", "keystone-auth exec -- print"],
      ["keystone-auth exec -- cat my", "keystone-auth exec -- cat my\\ settings.json "],
    ] as const) {
      terminal.type(`${typed}\t`);
      await terminal.shows(line);
      terminal.type("\u0015");
    }
  });

  it("completes values: zsh", async (context) => {
    needs(context, "zsh");
    const world = theWorld();
    const { start, load } = SHELLS.zsh;
    const terminal = new TerminalSession(start, { cwd: world.work, env: { ...world.env, PS1: "> " } });
    session = terminal;
    terminal.type(`${load}; printf 'lo''aded\\n'\r`);
    await terminal.shows("loaded");
    terminal.type("keystone-auth login --flow=dev\t");
    await terminal.shows("--flow=device_code ");
  });

  it("gives fish its commands, options and values, each with what it does", async (context) => {
    needs(context, "fish");
    const world = theWorld();
    const ask = (line: string) => {
      const script = `'${NODE}' '${cli}' completion fish | source; complete -C '${line}'`;
      const ended = spawnSync("fish", ["--no-config", "-c", script], {
        encoding: "utf8",
        env: world.env as NodeJS.ProcessEnv,
      });
      expect(ended.stderr).toBe("");
      return ended.stdout.trim().split("\n");
    };
    expect(ask("keystone-auth ").map((line) => line.split("\t")[0])).toEqual(
      expect.arrayContaining(Object.keys(COMMANDS)),
    );
    expect(ask("keystone-auth who")).toEqual(["whoami\tsay who is signed in"]);
    expect(ask("keystone-auth logout --prov")).toEqual([
      "--provider-session\tend the provider's own session too, in the browser",
    ]);
    expect(ask("keystone-auth token --prov")).not.toContain("--provider-session");
    expect(ask("keystone-auth login --flow dev")).toEqual(["device_code"]);
    expect(ask("keystone-auth completion z")).toEqual(["zsh"]);
  });

  it("gives PowerShell a script that it reads", async (context) => {
    const { stdout } = await theWorld().run(["completion", "powershell"]);
    expect(stdout).toContain("'--provider-session' = 'end the provider''s own session too, in the browser'");
    if (spawnSync("pwsh", ["--version"]).error !== undefined) context.skip("there is no pwsh here to read the script");
    const line = "keystone-auth tok";
    const script = `${stdout}\n(TabExpansion2 '${line}' ${line.length}).CompletionMatches.CompletionText`;
    expect(spawnSync("pwsh", ["-NoProfile", "-Command", script], { encoding: "utf8" }).stdout.trim()).toBe("token");
  });

  it.each(["bash", "zsh", "fish", "powershell"])("is made of the tables: %s has every word of them", async (shell) => {
    const { code, stdout, stderr } = await theWorld().run(["completion", shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const flags = SETTINGS.flatMap((setting) => [setting, ...(setting.parts ?? [])]).map(({ flag }) => flag);
    const words = [
      ...Object.keys(COMMANDS),
      ...Object.values(COMMANDS).flat(),
      ...flags.filter((flag) => flag !== undefined),
    ];
    expect(words.filter((word) => !stdout.includes(word))).toEqual([]);
  });

  it.each([[[]], [["tcsh"]], [["bash", "zsh"]]])(
    "is refused for %j, with the shells that there are",
    async (shells) => {
      const ended = await theWorld().run(["completion", ...shells]);
      expect(ended).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("bash, zsh, fish, powershell"),
      });
    },
  );
});
