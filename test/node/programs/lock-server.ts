/**
 * A process that takes file locks as it is told, one command a line: `hold NAME TIMEOUT_MS`, `release`, `still`,
 * `count NAME TIMES`, `user UID`, `directory NAME`, `hurry` (a clock that is twenty times as fast), `block` (the event loop,
 * for ever), `exhaust` and `relax` (file descriptors), `exit`, which has no answer. Each is answered by one line, or by several for `count`. It ends by
 * itself when its input does.
 */
import { appendFileSync, closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as turnOfLoop } from "node:timers/promises";
import { openFileLock } from "../../../src/node/files/lock.js";
import type { LockHold } from "../../../src/ports.js";
import { systemClock } from "../../../src/clock.js";
import { hurried } from "../files/lock-files.js";

const directory = process.argv[2] ?? "";
const say = (line: string) => process.stdout.write(`${line}\n`);
const open = (where: string, clock = systemClock) =>
  openFileLock({
    directory: where,
    clock,
    onTrouble: (error) => say(`trouble ${error.kind} ${error.causeCode}`),
  });
let lock = open(directory);
let held: { readonly hold: LockHold; readonly letGo: () => void } | undefined;

function failed(error: unknown): void {
  const { code, message } = error as { code?: string; message?: string };
  say(`failed ${code} ${message}`);
}

async function hold(name: string, timeoutMs: number): Promise<void> {
  await lock.run(name, { timeoutMs }, async (got) => {
    const end = new Promise<void>((letGo) => {
      held = { hold: got, letGo };
    });
    say("held");
    await end;
  });
  held = undefined;
  say("released");
}

/** Adds one to a counter so that every overlap shows: in the journal, and in the number at the end. */
async function countOnce(name: string): Promise<void> {
  const [counter, journal] = [join(directory, "counter.txt"), join(directory, "journal.txt")];
  await lock.run(name, { timeoutMs: 120_000 }, async () => {
    const number = Number(readFileSync(counter, "utf8"));
    appendFileSync(journal, `enter ${process.pid} ${number}\n`);
    say(`enter ${number}`);
    await turnOfLoop();
    writeFileSync(`${counter}.${process.pid}`, String(number + 1));
    renameSync(`${counter}.${process.pid}`, counter);
    await turnOfLoop();
    appendFileSync(journal, `leave ${process.pid} ${number}\n`);
  });
}

async function count(name: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await countOnce(name);
  say("counted");
}

const descriptors: number[] = [];

function exhaust(): void {
  try {
    for (;;) descriptors.push(openSync("/dev/null", "r"));
  } catch (error) {
    say(`exhausted ${(error as { code?: string }).code}`);
  }
}

function relax(): void {
  for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  say("relaxed");
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, first = "", second = ""] = line.split(" ");
  if (command === "hold") hold(first, Number(second)).catch(failed);
  else if (command === "count") count(first, Number(second)).catch(failed);
  else if (command === "still") say(`still ${held?.hold.stillHeld()}`);
  else if (command === "release") held?.letGo();
  else if (command === "exhaust") exhaust();
  else if (command === "relax") relax();
  else if (command === "exit") process.exit(0);
  else if (command === "block") {
    writeSync(1, "blocked\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  } else if (command === "hurry") {
    lock = open(directory, hurried(20));
    say("hurrying");
  } else if (command === "user") {
    process.seteuid?.(Number(first));
    say("user changed");
  } else if (command === "directory") {
    lock = open(join(directory, first));
    say("directory changed");
  }
});
say("ready");
