/** File systems that tell little of a file, as FAT does: inode 0, times of two seconds. A stand-in of `lstatSync`. */
import type * as nodeFs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { OidcClient } from "../../../src/node/index.js";
import { FakeClock } from "../../support/fake-clock.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { openRecords, unexpected } from "./records.js";

/** All that a stat shows of a record: as FAT has it, or nothing but its size. */
const shown = vi.hoisted(() => ({ is: "fat" as "fat" | "nothing" | "all" }));
vi.mock("node:fs", async (original) => {
  const real = await original<typeof nodeFs>();
  const coarse = (ns: bigint) => (shown.is === "fat" ? ns - (ns % 2_000_000_000n) : 0n);
  const lstatSync = (path: string, options?: { bigint?: boolean }) => {
    const stat = real.lstatSync(path, options as { bigint: true; throwIfNoEntry: false });
    if (stat === undefined || options?.bigint !== true || !path.endsWith(".json") || shown.is === "all") return stat;
    const times = {
      birthtimeNs: coarse(stat.birthtimeNs),
      ctimeNs: coarse(stat.ctimeNs),
      mtimeNs: coarse(stat.mtimeNs),
    };
    return Object.assign(stat, { ino: 0n, ...times });
  };
  return { ...real, lstatSync, default: { ...real, lstatSync } };
});

const scratch = useScratchDirectories();
let provider: FakeProvider;

beforeEach(async () => {
  provider = await startFakeProvider();
});
afterEach(async () => {
  await provider.close();
});

it("LK-14 another program's rewrite of the same size is noticed, also within the same two seconds", async () => {
  shown.is = "fat";
  const directory = scratch();
  const clock = new FakeClock();
  const records = openRecords(directory, unexpected);
  const watch = openRecords(directory, unexpected, { clock }).watch("key");
  await records.put("key", { n: 1 });
  watch.mark();
  await records.put("key", { n: 2 });
  // Whatever the stat shows: a state that is this new may have a twin.
  expect(watch.hasChanged()).toBe(true);
  watch.mark();
  await clock.advance(2600);
  expect(watch.hasChanged()).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await records.put("key", { n: 3 });
  expect(watch.hasChanged()).toBe(true);
});

it("LK-14 with fine times a state is trusted at once", async () => {
  shown.is = "all";
  const records = openRecords(scratch(), unexpected);
  const watch = records.watch("key");
  // No time of these has whole seconds, but for one in a billion.
  await records.put("key", { n: 1 });
  watch.mark();
  expect(watch.hasChanged()).toBe(false);
  await records.put("key", { n: 2 });
  expect(watch.hasChanged()).toBe(true);
});

it("LK-14 what is sent is read anew under the lock, also where a stat shows no change at all", async () => {
  shown.is = "nothing";
  const directory = join(scratch(), "tokens");
  const open = () =>
    new OidcClient({
      clientId: "prizm",
      issuer: provider.issuer,
      extraScopes: ["offline_access"],
      allowInsecureLoopback: true,
      storageDirectory: directory,
      openBrowser: (url) => void provider.authorize(url),
    });
  const one = open();
  const other = open();
  await one.getAccessToken();
  // Past the time in which a new state is read again in any case.
  await new Promise((resolve) => setTimeout(resolve, 2600));
  await one.getAccessToken();
  for (let round = 1; round <= 3; round += 1) {
    await other.getAccessToken({ forceRefresh: true });
    await one.getAccessToken({ forceRefresh: true });
  }
  await Promise.all([one.close(), other.close()]);
  expect(provider.sessionAlive()).toBe(true);
  expect(provider.ledger.maxPostsPerRefreshToken()).toBe(1);
});
