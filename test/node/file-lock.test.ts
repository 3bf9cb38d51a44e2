import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openFileLock } from "../../src/node/file-lock.js";
import { systemClock } from "../../src/system-clock.js";
import { lockContract } from "../contracts/lock.js";

const made: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-lock-"));
  made.push(directory);
  return directory;
}

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function unexpected(error: unknown): void {
  throw error;
}

lockContract("file lock", () => openFileLock({ directory: newDirectory(), clock: systemClock, onTrouble: unexpected }));
