import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { compileForChildren } from "../support/compile.js";

it("A plain Node process runs the compiled sources", { timeout: 60_000 }, async () => {
  const directory = await compileForChildren();
  const program = `import { StorageError } from ${JSON.stringify(pathToFileURL(join(directory, "src/errors.js")).href)};
    console.log(new StorageError("full", "x").kind);`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })).toBe("full\n");
});

it("Two workers that ask at once get the same build", { timeout: 60_000 }, async () => {
  const first = await compileForChildren();
  expect(await compileForChildren()).toBe(first);
});
