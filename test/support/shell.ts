/** A real shell with job control at a real terminal (util-linux's `script` makes it), and a person who types there. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

const PROMPT = "shell> ";
const LONGEST_MS = 10_000;

export interface ShellOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Shell {
  #text = "";
  #look = () => {};
  #from = 0;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      this.#text += part;
      this.#look();
    });
  }

  static async start({ columns = 80, rows = 24, env = {} }: ShellOptions = {}): Promise<Shell> {
    const child = spawn(
      "script",
      ["--quiet", "--flush", "--command", "bash --norc --noprofile --noediting -i", "/dev/null"],
      {
        stdio: ["pipe", "pipe", "inherit"],
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: "xterm", SHELL: "/bin/bash", ...env },
      },
    );
    const shell = new Shell(child);
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      // What runs there gets SIGHUP from the terminal that goes.
      child.kill("SIGKILL");
      await exited;
    });
    await shell.enter(`PS1='${PROMPT}'; stty cols ${columns} rows ${rows}; echo is-ready`);
    await shell.waitFor(/is-ready\r\nshell> $/);
    return shell;
  }

  /** All that was shown since the last `waitFor()`. */
  get rest(): string {
    return this.#text.slice(this.#from);
  }

  /** All that was ever shown. */
  get text(): string {
    return this.#text;
  }

  /** Types, without the Enter key. */
  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  async enter(line: string): Promise<void> {
    this.type(`${line}\r`);
  }

  /** Waits until the shell is ready for a command. */
  async prompt(): Promise<void> {
    await this.waitFor(/shell> $/);
  }

  /** Waits for what the pattern finds behind the last one that was waited for; gives its first group, or all of it. */
  async waitFor(pattern: RegExp): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tell = () => reject(new Error(`${pattern} was not shown, but ${JSON.stringify(this.rest)}`));
      timer = setTimeout(tell, LONGEST_MS);
    });
    try {
      for (;;) {
        const found = pattern.exec(this.rest);
        if (found !== null) {
          this.#from += found.index + found[0].length;
          return found[1] ?? found[0];
        }
        await Promise.race([late, this.#more()]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #more(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#look = resolve;
    });
  }
}
