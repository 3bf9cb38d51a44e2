import { execFile } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compileForChildren } from "../support/compile.js";

let built: string;
beforeAll(async () => {
  built = await compileForChildren();
}, 60_000);

test("a soak run finds a worker that sends a used refresh token", { timeout: 120_000 }, async () => {
  const program = join(built, "test", "soak", "programs", "main.js");
  const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
    execFile(process.execPath, [program, "12", "old-token"], (error, stdout, stderr) =>
      resolve({ code: error?.code, out: stdout + stderr }),
    );
  });
  expect(out).toContain("FAULT: rule 1: a one-time refresh token is sent again, although its answer had come");
  expect(code).toBe(1);
});
