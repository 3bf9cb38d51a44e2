/** The contract suites of the ports, run inside each browser on the adapters as they are. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, expect, it } from "vitest";
import { inEachBrowser } from "./support/world.js";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
let script = "";

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [here("programs/in-page.ts")],
    alias: { vitest: here("programs/small-vitest.ts"), "node:timers/promises": here("programs/turn-of-loop.ts") },
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  script = outputFiles[0]?.text ?? "";
});

inEachBrowser("the contracts", (world) => {
  it("MP-05 hold for the store in IndexedDB, the store of the tab and the lock of all tabs", async () => {
    world.configure();
    const tab = await world.open();
    await tab.run(script);
    const results = await tab.run<{ title: string; failure?: string }[]>("return await runCases();");
    expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  });
});
