/** The schedules of `npm run simulate` that are part of every run of the tests. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { GUARDS } from "../../scripts/simulate/without.mjs";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../scripts/simulate.mjs", import.meta.url));
/** The same in each run of the tests; `npm run simulate` begins elsewhere each time. */
const SEED = "1";

async function simulate(...args: string[]): Promise<string> {
  const given = run(process.execPath, [script, "--seed", SEED, ...args], { maxBuffer: 2 ** 26 });
  // What it found stands in its output.
  const { stdout } = await given.catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? "" }));
  return stdout;
}

describe("Whatever happens between two awaits", () => {
  it("no session is lost, and no sign-out undone, in 10,000 schedules", async () => {
    expect(await simulate("--schedules", "10000")).toMatch(/\n0 violations\n$/);
  }, 240_000);

  it("the same seed makes the same history again", async () => {
    expect(await simulate("--schedules", "100", "--twice")).toContain(
      "\n0 of 100 histories differed in a second run\n",
    );
  }, 60_000);
});

describe("A guard that --without takes away", () => {
  const changes = Object.entries(GUARDS).flatMap(([name, { changes = [] }]) =>
    changes.map((change) => ({ name, ...change })),
  );

  it.each(changes)("stands once in the source: $name, $file", ({ file, replace }) => {
    const source = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
    expect(source.split(replace)).toHaveLength(2);
  });

  it("is missed: without the lock a refresh token is sent twice", async () => {
    expect(await simulate("--schedules", "2000", "--without", "lock")).toMatch(
      /refresh token is sent (again|by two parties)/,
    );
  }, 60_000);
});
