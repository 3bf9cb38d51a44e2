/** `npm run test:interactive` without a person: a scripted one goes through its steps, so that they work when a person comes. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ensureBuilt, root } from "./packaging/built-package.js";

beforeAll(ensureBuilt, 60_000);

const run = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    // In a CI run nobody is asked to sign in.
    const env = { ...process.env, CI: "" };
    const program = join(root, "scripts", "interactive.mjs");
    const child = execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
    child.stdin?.end();
  });

test("npm run test:interactive -- --auto goes through each step, and what it skips it says why", {
  timeout: 120_000,
}, async () => {
  const { code, stdout } = await run("--auto");
  const ends = stdout.trim().split("\n").slice(-4);
  expect(ends[0]).toBe("✓ System browser: signed in as alice");
  expect(ends[1]).toBe("✓ Device code: the code was approved");
  expect(ends[2]).toMatch(/^(?:✓ Keychain dialog: two processes share an encrypted file|– Keychain dialog: .+)$/);
  expect(ends[3]).toBe("✓ Sign-out at the provider: the provider has sent the browser back");
  expect(code).toBe(0);
});

test("npm run test:interactive without a terminal says that it wants a person", async () => {
  const { code, stdout, stderr } = await run();
  expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
  expect(stderr).toContain("--auto");
});
