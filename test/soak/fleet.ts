/** The processes under load: started, killed, stopped and let go on by lot; their figures and their output. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { sharedNow } from "../history/recorder/note-files.js";
import type { Note } from "../history/recorder/notes.js";

interface Sample {
  readonly pid: number;
  readonly main: boolean;
  readonly heapUsed: number;
  readonly handles: number;
  readonly counts: Record<string, number>;
}

const program = fileURLToPath(new URL("./programs/worker.js", import.meta.url));

export class Fleet {
  readonly counts: Record<string, number> = {};
  /** Samples of the first process's main thread, which nobody strikes. */
  readonly steady: Sample[] = [];
  readonly faults: string[] = [];
  /** Runs of characters that could be a secret: each text once. */
  readonly suspects = new Set<string>();
  killed = 0;
  stopped = 0;
  lines = 0;
  readonly #running: ChildProcess[] = [];
  readonly #exits: Promise<void>[] = [];
  #ending = false;
  readonly #last = new Map<string, Record<string, number>>();

  /** What befell processes, for the history. */
  readonly strikes: Note[] = [];
  readonly #asleep = new Set<ChildProcess>();
  readonly #parties = new Map<ChildProcess, string>();
  #started = 0;

  /** The first process gets `wrong` besides: what it does wrong on purpose. */
  constructor(
    private readonly args: readonly string[],
    private readonly wrong: readonly string[] = [],
  ) {}

  start(count: number): void {
    // Whatever ends this process: nothing that it started stays, least of all stopped.
    process.once("exit", () => {
      for (const child of this.#running) child.kill("SIGKILL");
    });
    for (let at = 0; at < count; at += 1) this.#startOne(at);
  }

  /** Kills a process, or stops one for a while; never the first, whose memory is measured. */
  strike(): void {
    const at = 1 + Math.floor(Math.random() * (this.#running.length - 1));
    const child = this.#running[at];
    if (!child || child.exitCode !== null || child.signalCode !== null || this.#asleep.has(child)) return;
    if (Math.random() < 0.5) {
      this.killed += 1;
      // Before anybody can go on in its place.
      this.#note("crash", child);
      child.kill("SIGKILL");
      return;
    }
    this.stopped += 1;
    this.#asleep.add(child);
    child.kill("SIGSTOP");
    this.#note("stop", child);
    // Mostly shorter than the others wait before they take a lock over; sometimes longer.
    setTimeout(() => this.#wake(child), Math.random() < 0.8 ? 1500 : 12_000);
  }

  #note(what: "crash" | "stop" | "wake", child: ChildProcess): void {
    this.strikes.push({ at: sharedNow(), what, client: this.#parties.get(child) ?? "" });
  }

  #wake(child: ChildProcess): void {
    if (!this.#asleep.delete(child)) return;
    this.#note("wake", child);
    child.kill("SIGCONT");
  }

  /** Lets all end by themselves. Whoever does not within the time is told, and killed. */
  async end(withinMs: number): Promise<void> {
    this.#ending = true;
    for (const child of this.#running) {
      this.#wake(child);
      child.stdin?.end();
    }
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      late = setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.all(this.#exits), limit]);
    clearTimeout(late);
    for (const child of this.#running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      this.faults.push(`process ${child.pid} did not end by itself within ${withinMs / 1000} s`);
      child.kill("SIGKILL");
    }
    for (const counts of this.#last.values()) {
      for (const [name, count] of Object.entries(counts)) this.counts[name] = (this.counts[name] ?? 0) + count;
    }
  }

  #startOne(at: number): void {
    this.#started += 1;
    const args = ["--expose-gc", program, ...this.args, String(this.#started), ...(at === 0 ? this.wrong : [])];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#running[at] = child;
    this.#parties.set(child, `p${this.#started}`);
    child.stdin.on("error", () => {});
    for (const stream of [child.stdout, child.stderr]) this.#read(stream, at);
    this.#exits.push(
      new Promise((resolve) =>
        child.on("close", (code, signal) => {
          if (signal === null && code !== 0) this.faults.push(`process ${child.pid} ended with code ${code}`);
          if (!this.#ending) this.#startOne(at);
          resolve();
        }),
      ),
    );
  }

  #read(stream: NodeJS.ReadableStream, at: number): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (part: string) => {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#line(line, at);
    });
  }

  #line(line: string, at: number): void {
    if (line.startsWith("@{")) return this.#sample(JSON.parse(line.slice(1)) as Sample & { unhandled?: string }, at);
    this.lines += 1;
    // The address is shown to the person on purpose.
    if (line.includes("/authorize?")) return;
    for (const [run] of line.matchAll(/[A-Za-z0-9._~-]{20,}/g)) this.suspects.add(run);
  }

  #sample(sample: Sample & { unhandled?: string }, at: number): void {
    if (sample.unhandled !== undefined) {
      this.faults.push(`unhandled rejection: ${sample.unhandled}`);
      return;
    }
    this.#last.set(`${sample.pid} ${sample.main}`, sample.counts);
    if (at === 0 && sample.main) this.steady.push(sample);
  }
}
