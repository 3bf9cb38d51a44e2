/** One loopback login and one refresh in Node, on the compiled sources as they are, before anything is bundled. */
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { whatRan } from "./coverage.mjs";

const program = fileURLToPath(new URL("programs/token.mjs", import.meta.url));
const LIFETIME_SECONDS = 1;

/** What the process tells at its end; the provider's person signs in where it asks. */
function takeToken(entry, options, provider) {
  return new Promise((resolve, reject) => {
    const child = fork(program, [entry, JSON.stringify(options)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let told;
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (part) => (complaints += part));
    child.on("message", (message) => {
      if (message.url === undefined) told = message;
      else provider.authorize(message.url).catch(reject);
    });
    child.on("error", reject);
    child.on("close", () => {
      if (told !== undefined) resolve(told);
      else reject(new Error(`A process ended without a token:\n${complaints.trimEnd()}`));
    });
  });
}

/** The file that holds the session: a refresh token is nowhere else. The mark of a sign-out is mostly not there. */
function readsOfRecord(reads) {
  const isRecord = (path) => existsSync(path) && readFileSync(path, "utf8").includes('"refreshToken"');
  const counts = Object.entries(reads).filter(([path]) => path.endsWith(".json") && isRecord(path));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

/** @param {string} compiled directory of the compiler's JavaScript */
export async function measureInNode(compiled, startFakeProvider) {
  const provider = await startFakeProvider({ refreshTokens: "always", accessTokenLifetimeSeconds: LIFETIME_SECONDS });
  const storageDirectory = mkdtempSync(join(tmpdir(), "keystone-auth-rooms-"));
  const options = { clientId: "prizm", issuer: provider.issuer, allowInsecureLoopback: true, storageDirectory };
  const entry = pathToFileURL(join(compiled, "node", "index.js")).href;
  const base = pathToFileURL(compiled).href;
  const toSource = (url) => (url.startsWith(base) ? url.slice(base.length + 1).replace(/\.js$/, ".ts") : undefined);
  try {
    const login = await takeToken(entry, options, provider);
    const loginReads = readsOfRecord(login.reads);
    await sleep(LIFETIME_SECONDS * 1000 + 100);
    provider.ledger.clear();
    const refresh = await takeToken(entry, options, provider);
    if (provider.ledger.count("token", "refresh_token") !== 1)
      throw new Error("The second process did not refresh once.");
    return { ran: whatRan(refresh.scripts, toSource), refreshReads: readsOfRecord(refresh.reads), loginReads };
  } finally {
    await provider.close();
    rmSync(storageDirectory, { recursive: true, force: true });
  }
}
