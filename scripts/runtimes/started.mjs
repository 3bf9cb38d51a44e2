/** Programs that a runtime runs: to their end, or line by line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const LIMIT_MS = 60_000;

/** Runs a program to its end: `{ code, stdout, stderr }`. One that does not end is killed. */
export function runToEnd(world, file, ...args) {
  return new Promise((resolve, reject) => {
    const child = start(world, file, args);
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (part) => (output[stream] += part));
    child.stdin.end();
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? signal, ...output }));
  });
}

function start({ runtime, program, directory, environment }, file, args) {
  const child = spawn(program, [...runtime.args, file, ...args], { cwd: directory, env: environment });
  const late = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  child.once("close", () => clearTimeout(late));
  return child;
}

/** A client in a process of its own. */
export class ClientProcess {
  #child;
  #lines;
  #complaints = "";
  #ended;

  /** Resolves when the client is made. */
  static async start(world, options) {
    const started = new ClientProcess();
    started.#child = start(world, "client.mjs", [JSON.stringify(options)]);
    started.#child.stdin.on("error", () => {});
    started.#child.stderr.setEncoding("utf8").on("data", (part) => (started.#complaints += part));
    started.#ended = new Promise((resolve) => started.#child.once("close", (code, signal) => resolve(code ?? signal)));
    started.#lines = createInterface({ input: started.#child.stdout })[Symbol.asyncIterator]();
    world.started.push(started);
    await started.line("ready");
    return started;
  }

  send(call, given) {
    this.#child.stdin.write(`${JSON.stringify({ call, given })}\n`);
  }

  /** The value of the next line, which must be of this kind: `ready`, `answer`, `failure`, `held`, `device`. */
  async line(kind) {
    const { value, done } = await this.#lines.next();
    if (done)
      throw new Error(`The program ended (${await this.#ended}), and ${kind} was awaited:\n${this.#complaints}`);
    const line = JSON.parse(value);
    if (!(kind in line)) throw new Error(`${kind} was awaited, and this came: ${value}`);
    return line[kind];
  }

  async call(name, given) {
    this.send(name, given);
    return await this.line("answer");
  }

  /** Closes the client; the program must end by itself, and have nothing to complain of. */
  async end() {
    this.#child.stdin.end();
    const code = await this.#ended;
    if (code !== 0) throw new Error(`The program ended with ${code}:\n${this.#complaints}`);
    return this.#complaints;
  }

  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
