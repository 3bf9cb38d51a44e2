import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { compileForChildren } from "../support/compile.js";
import { runProgram } from "./run-program.js";

it("A plain Node process runs the compiled sources", { timeout: 180_000 }, async () => {
  const directory = await compileForChildren();
  const program = `import { StorageError } from ${JSON.stringify(pathToFileURL(join(directory, "src/errors.js")).href)};
    console.log(new StorageError("full", "x").kind);`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })).toBe("full\n");
});

it("A build holds no tests that a test runner could find", { timeout: 180_000 }, async () => {
  const files = readdirSync(await compileForChildren(), { recursive: true, encoding: "utf8" });
  expect(files).toContain(join("test", "support", "compile.js"));
  expect(files.filter((file) => file.includes(".test."))).toEqual([]);
});

it("Processes that ask at once get the same build", { timeout: 180_000 }, async () => {
  const program = `
    const { compileForChildren } = await load("test/support/compile.ts");
    console.log(await compileForChildren());
    await vite.close();
  `;
  const answers = await Promise.all([runProgram(program), runProgram(program), runProgram(program)]);
  const expected = { output: `${await compileForChildren()}\n`, code: 0 };
  expect(answers).toEqual([expected, expected, expected]);
});
