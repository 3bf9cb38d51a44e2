/** Starts a neighbour of the shared database: in Python where that is there, else by the same statements in Node. */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import { compileForChildren } from "../../support/compile.js";

const hasPython = spawnSync("python3", ["-c", "import sqlite3"]).status === 0;
const running: Neighbour[] = [];

afterEach(async () => {
  for (const neighbour of running.splice(0)) await neighbour.end();
});

export type RowTexts = readonly [idToken: string | null, accessToken: string | null, refreshToken: string | null];

export class Neighbour {
  readonly #lines: AsyncIterator<string>;

  constructor(private readonly child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    running.push(this);
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the neighbour has ended");
    return value;
  }

  order(...order: readonly unknown[]): void {
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  async #do(...order: readonly unknown[]): Promise<unknown> {
    this.order(...order);
    return JSON.parse(await this.line());
  }

  token = async () => (await this.#do("token")) as { token?: string; login?: true; fault?: string };
  read = async () => (await this.#do("read")) as RowTexts | null;
  write = async (...row: RowTexts) => void (await this.#do("write", ...row));
  empty = async () => void (await this.#do("empty"));
  delete = async () => void (await this.#do("delete"));

  /** Has the file for itself; gives what resolves when that is over. */
  async hold(seconds: number): Promise<() => Promise<void>> {
    this.order("hold", seconds);
    await this.line();
    return async () => void (await this.line());
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

/** It has read its row when this resolves. It ends with the test. */
export async function startNeighbour(
  database: string,
  clientId: string,
  tokenEndpoint: string,
  isPython = hasPython,
): Promise<Neighbour> {
  const command = isPython ? "python3" : process.execPath;
  const program = isPython
    ? fileURLToPath(new URL("./programs/neighbour.py", import.meta.url))
    : join(await compileForChildren(), "test/node/shared-database/programs/neighbour.js");
  const args = [program, database, clientId, tokenEndpoint];
  const neighbour = new Neighbour(spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] }));
  await neighbour.line();
  return neighbour;
}
