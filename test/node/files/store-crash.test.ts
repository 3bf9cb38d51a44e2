import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { compileForChildren } from "../../support/compile.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { KEY, openRecords as open } from "./records.js";
import { numberedRecord } from "../programs/numbered-record.js";
import { callStore, end, start } from "../programs/start.js";

// A limit against hanging only: starting processes takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });
beforeAll(compileForChildren, 180_000);
const scratch = useScratchDirectories();
const OTHER = KEY.replace("0", "f");
const temporaryFiles = (directory: string) => readdirSync(directory).filter((name) => name.endsWith(".tmp"));

/** Makes the unfinished files as old as those of a run two minutes ago. */
function age(directory: string): void {
  const then = new Date(Date.now() - 120_000);
  for (const name of temporaryFiles(directory)) utimesSync(join(directory, name), then, then);
}

// More with KEYSTONE_AUTH_KILLS=500; a kill takes about a tenth of a second.
const kills = Number(process.env["KEYSTONE_AUTH_KILLS"] ?? 60);

it(`FS-03 After each of ${kills} SIGKILLs in a loop of writes the file is the last record that was told, or the one after it, whole`, {
  timeout: 60_000 + kills * 5000,
}, async () => {
  const directory = join(scratch(), "tokens");
  let next = 1;
  for (let round = 0; round < kills; round += 1) {
    const writer = await start("write-loop", [directory, KEY, String(next)]);
    let told = 0;
    // The kill is sent on a line, while the loop already works on a record or two further on.
    for (let lines = 1 + Math.floor(Math.random() * 12); lines > 0; lines -= 1)
      told = Number((await writer.lines.next()).value);
    await end(writer, "SIGKILL");
    for (let line = await writer.lines.next(); !line.done; line = await writer.lines.next()) told = Number(line.value);
    const { n } = (await open(directory).read(KEY)) as { n: number };
    expect([told, told + 1]).toContain(n);
    expect(JSON.parse(readFileSync(join(directory, `${KEY}.json`), "utf8"))).toEqual(numberedRecord(n));
    next = n + 1;
  }
  age(directory);
  await open(directory).put(KEY, {});
  expect(readdirSync(directory)).toEqual([`${KEY}.json`]);
});

it("FS-03 A reader beside two writing processes sees whole records only", async () => {
  const directory = join(scratch(), "tokens");
  const writers = [
    await start("write-loop", [directory, KEY, "1"]),
    await start("write-loop", [directory, KEY, "1000000"]),
  ];
  try {
    for (const writer of writers) await writer.lines.next();
    const store = open(directory);
    const seen = new Set<number>();
    // Until both writers were seen often; the test's time limit ends it otherwise.
    while (seen.size < 40 || ![...seen].some((n) => n < 1_000_000) || ![...seen].some((n) => n >= 1_000_000)) {
      const record = (await store.read(KEY)) as { n: number };
      expect(record).toEqual(numberedRecord(record.n));
      seen.add(record.n);
    }
  } finally {
    for (const writer of writers) await end(writer, "SIGKILL");
  }
});

it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "MP-15 After %s between write and rename the old record stands, and a later write sweeps the rest",
  async (signal) => {
    const directory = join(scratch(), "tokens");
    const store = open(directory);
    await store.put(KEY, { old: true });
    const writer = await start("stopped-write", [directory, KEY]);
    try {
      await writer.lines.next();
      age(directory);
      await store.put(OTHER, {});
      // The writer lives: it may still be at work.
      expect(temporaryFiles(directory)).toHaveLength(1);
    } finally {
      await end(writer, signal);
    }
    expect(await store.read(KEY)).toEqual({ old: true });
    // Its lock is taken over with the first change of the record.
    await store.put(KEY, { old: true });
    expect(readdirSync(directory).sort()).toEqual([`${KEY}.json`, `${OTHER}.json`]);
  },
);

it("LO-07 After a crash between write and rename, a deletion leaves nothing", async () => {
  const directory = join(scratch(), "tokens");
  const writer = await start("stopped-write", [directory, KEY]);
  await writer.lines.next();
  await end(writer, "SIGKILL");
  expect(temporaryFiles(directory)).toHaveLength(1);
  await open(directory).remove(KEY);
  expect(readdirSync(directory)).toEqual([]);
});

const noStrace = spawnSync("strace", ["-o", "/dev/null", "true"]).status !== 0;

/** The calls in strace's output, those too that it told in two lines, since another thread came between. */
function wholeCalls(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split("\n").flatMap((line) => {
    const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, unfinished] = /^(.*) <unfinished \.\.\.>$/.exec(call) ?? [];
    if (unfinished !== undefined) {
      begun.set(thread, unfinished);
      return [];
    }
    const [, end] = /^<\.\.\. \w+ resumed>(.*)$/.exec(call) ?? [];
    return [end === undefined ? call : (begun.get(thread) ?? "") + end];
  });
}

it("FS-20 A write makes a new file, writes it, syncs it, renames it, and syncs the directory, in this order", async (context) => {
  if (noStrace) context.skip("strace does not work here; the order is checked at the file calls as well");
  const directory = join(scratch(), "tokens");
  const trace = join(scratch(), "trace");
  await callStore({ directory, call: "put", key: KEY, value: { a: "secret" } });
  await callStore({ directory, call: "put", key: KEY, value: { a: "secret" } }, [
    "strace",
    "-f",
    "-y",
    "-s",
    "200",
    "-e",
    "trace=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2",
    "-o",
    trace,
  ]);
  const calls = wholeCalls(readFileSync(trace, "utf8")).filter((call) => call.includes(directory));
  const steps = calls.map((call) =>
    call
      .replaceAll(directory, "DIR")
      .replace(/s-[0-9a-f]+\.json\.\d+-\w+/g, "NEW")
      .replace(/\d+</g, "<"),
  );
  // The store's lock, and what the change reads.
  const besides = /O_DIRECTORY|\.lock|json", O_RDONLY/;
  const changing = steps.filter((step) => !besides.test(step));
  expect(changing).toEqual([
    expect.stringMatching(/^openat\(.*"DIR\/NEW\.tmp", O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600\)/),
    expect.stringMatching(/^p?write(64)?\(<DIR\/NEW\.tmp>.*secret/),
    expect.stringMatching(/^fsync\(<DIR\/NEW\.tmp>\) += 0/),
    expect.stringMatching(/^rename\("DIR\/NEW\.tmp", "DIR\/s-[0-9a-f]+\.json"\) += 0/),
    expect.stringMatching(/^openat\(.*"DIR", O_RDONLY/),
    expect.stringMatching(/^fsync\(<DIR>\) += 0/),
  ]);
});
