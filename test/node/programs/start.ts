/** Starts the programs of this folder. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { compileForChildren } from "../../support/compile.js";

export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** The lines that it prints, as they come. */
  readonly lines: AsyncIterator<string>;
}

/** Starts a program; what it writes to stderr is shown. `wrapper` is put before the command, such as strace. */
export async function start(
  program: string,
  args: readonly string[],
  wrapper: readonly string[] = [],
): Promise<Started> {
  const path = join(await compileForChildren(), "test/node/programs", `${program}.js`);
  const [command = "", ...rest] = [...wrapper, process.execPath, path, ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Ends a program by a signal and waits until it has gone. */
export async function end({ child }: Started, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

/** What `store-call` tells. */
export interface StoreAnswer {
  readonly result?: unknown;
  readonly error?: {
    readonly name: string;
    readonly kind: string;
    readonly causeCode?: string;
    readonly message: string;
  };
  readonly troubles: readonly { readonly kind: string; readonly message: string }[];
}

/** One call of a file store in a process of its own. */
export async function callStore(
  request: Record<string, unknown>,
  wrapper: readonly string[] = [],
): Promise<StoreAnswer> {
  const { child, lines } = await start("store-call", [JSON.stringify(request)], wrapper);
  const gone = once(child, "close");
  const line = await lines.next();
  await gone;
  return JSON.parse(line.value as string) as StoreAnswer;
}
