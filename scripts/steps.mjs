/** Steps of a check: each is timed, has one line, and shows its output only when it fails. */
import { spawn } from "node:child_process";

export class Steps {
  done = 0;
  failed = [];

  /** `work` gives `{ ok, output, note? }`. Resolves to whether all is well; never rejects. */
  async run(name, work) {
    const began = performance.now();
    const { ok, output, note } = await work().catch((error) => ({ ok: false, output: String(error?.stack ?? error) }));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${ok ? "✓" : "✗"} ${name} (${seconds} s)${note === undefined ? "" : ` ${note}`}`);
    this.done += 1;
    if (!ok) {
      this.failed.push(name);
      console.log(output.trimEnd());
    }
    return ok;
  }

  /** Runs steps that do not depend on each other, two at a time, in their order. */
  async runInPairs(steps) {
    const waiting = Object.entries(steps);
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await this.run(...next);
    };
    await Promise.all([worker(), worker()]);
  }

  summary() {
    if (this.failed.length === 0) return `All ${this.done} steps are well.`;
    return `${this.failed.length} of ${this.done} steps failed: ${this.failed.join(", ")}.`;
  }
}

/** Runs a program to its end; its output comes with the result. */
export function run(command, args, environment = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      // npm and npx are .cmd files there, which only a shell starts.
      shell: process.platform === "win32",
    });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ ok: false, output: `${output}${error.message}\n` }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}
