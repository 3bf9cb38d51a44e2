/** A provider with strict reuse detection, sessions in directories of their own, and processes that are measured. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { support } from "../scripts/demo/prepare.mjs";
import { quietly } from "../scripts/demo/show.mjs";

const VALID_SECONDS = 3600;

export async function openSetting() {
  const { OidcClient } = await import("keystone-auth/node");
  const { startFakeProvider } = await support("fake-provider");
  const provider = await startFakeProvider({ strictReuseDetection: true, rotateRefreshTokens: true });
  const directory = mkdtempSync(join(tmpdir(), "keystone-auth-bench-"));
  let sessions = 0;

  /** Signs in, into a new store. The token has expired when this resolves, unless it is to be `valid`. */
  async function newSession({ valid = false } = {}) {
    sessions += 1;
    provider.settings.accessTokenLifetimeSeconds = valid ? VALID_SECONDS : 1;
    const options = {
      clientId: "prizm",
      issuer: provider.issuer,
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      allowInsecureLoopback: true,
      storageDirectory: join(directory, `store-${sessions}`),
    };
    const client = new OidcClient({ ...options, openBrowser: (url) => void provider.authorize(url) });
    const token = await quietly(() => client.getAccessToken());
    if (!valid) await sleep(1100);
    provider.settings.accessTokenLifetimeSeconds = VALID_SECONDS;
    provider.ledger.clear();
    return { client, options, token };
  }

  async function close() {
    await provider.close();
    rmSync(directory, { recursive: true, force: true });
  }

  return { OidcClient, provider, newSession, close };
}

const pathOf = (url) => fileURLToPath(url);

/** A session in its store. */
export function storedRecord({ storageDirectory }) {
  const texts = readdirSync(storageDirectory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(storageDirectory, name), "utf8")));
  return texts.find(({ refreshToken }) => refreshToken !== undefined);
}

/** Its refresh token, for a floor that refreshes by itself. */
export const storedRefreshToken = (options) => storedRecord(options).refreshToken;

/** The programs that are run as processes of their own. */
export const programs = {
  cli: pathOf(new URL("../dist/cli.js", import.meta.url)),
  empty: pathOf(new URL("programs/empty.mjs", import.meta.url)),
  importEntry: pathOf(new URL("programs/import-entry.mjs", import.meta.url)),
  memory: pathOf(new URL("programs/memory.mjs", import.meta.url)),
  printToken: pathOf(new URL("programs/print-token.mjs", import.meta.url)),
  readJson: pathOf(new URL("programs/read-json.mjs", import.meta.url)),
  refresh: pathOf(new URL("programs/refresh.mjs", import.meta.url)),
  refreshLoop: pathOf(new URL("programs/refresh-loop.mjs", import.meta.url)),
  reportAtExit: pathOf(new URL("programs/report-at-exit.mjs", import.meta.url)),
  simpleLock: pathOf(new URL("programs/simple-lock.mjs", import.meta.url)),
};

/** Runs this Node with arguments to its end: milliseconds, and what it printed. */
export const runNode = (...args) => runProgram(process.execPath, ...args);

/** The same with another program than this Node. */
export function runProgram(program, ...args) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].on("data", (part) => (output[name] += part));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve({ ms: performance.now() - began, ...output });
      else reject(new Error(`node ${args[0]} ended with exit code ${code}:\n${output.stderr}`));
    });
  });
}
