/** The parent's side of `lock-server.ts`: starts it, tells it what to do, reads its answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compileForChildren } from "../../support/compile.js";

export class LockProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly exit: Promise<unknown[]>;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error("the program has no output");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.exit = once(child, "exit");
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The next line; "ended" when there is none. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    return next.done === true ? "ended" : next.value;
  }

  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  async ask(command: string): Promise<string> {
    this.tell(command);
    return await this.line();
  }

  signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.#child.kill(name);
  }

  /** Ends its input: it has to end by itself. */
  async finish(): Promise<unknown> {
    this.#child.stdin?.end();
    const [code] = await this.exit;
    return code;
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exit;
  }
}

interface StartOptions {
  readonly platform?: string;
  readonly wrapper?: readonly string[];
}

/** A directory of its own and the processes that share it. */
export class LockScene {
  readonly directory = mkdtempSync(join(tmpdir(), "keystone-auth-lock-"));
  readonly #processes: LockProcess[] = [];

  /** `platform`: what a stand-in says of it. `wrapper` is put before the command, such as `sh -c 'ulimit …'`. */
  async start({ platform, wrapper = [] }: StartOptions = {}): Promise<LockProcess> {
    const name = platform === undefined ? "lock-server" : "lock-server-elsewhere";
    const program = join(await compileForChildren(), `test/node/programs/${name}.js`);
    const all = [...wrapper, process.execPath, program, this.directory, ...(platform === undefined ? [] : [platform])];
    const [command = "", ...args] = all;
    // The stand-in for a named pipe is a file in the working directory.
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], cwd: this.directory });
    const started = new LockProcess(child);
    this.#processes.push(started);
    const first = await started.line();
    if (first !== "ready") throw new Error(`the program said "${first}"`);
    return started;
  }

  async startMany(count: number): Promise<LockProcess[]> {
    return await Promise.all(Array.from({ length: count }, () => this.start()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
