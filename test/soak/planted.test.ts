import { execFile } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compileForChildren } from "../support/compile.js";

let built: string;
beforeAll(async () => {
  built = await compileForChildren();
}, 60_000);

test("a soak run finds a worker that sends a used refresh token", { timeout: 180_000 }, async () => {
  const program = join(built, "test", "soak", "programs", "main.js");
  // It ends as soon as it has found it: the time is what a busy machine may take.
  const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
    execFile(process.execPath, [program, "90", "old-token"], (error, stdout, stderr) =>
      resolve({ code: error?.code, out: stdout + stderr }),
    );
  });
  expect(out).toContain("FAULT: rule 1: a one-time refresh token is sent again, although its answer had come");
  expect(code).toBe(1);
});
