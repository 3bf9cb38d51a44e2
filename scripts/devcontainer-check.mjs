/**
 * `npm run devcontainer-check`: runs the RUN steps of .devcontainer/Dockerfile on this machine, which must be Debian, as root; then starts the
 * container's desktop, and signs in by the browser on it. No container is built or opened.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findBrowsers } from "./browsers.mjs";
import { buildSupport, support } from "./demo/prepare.mjs";
import { quietly } from "./demo/show.mjs";
import { run, Steps } from "./steps.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0) {
  console.error("This runs the container's steps on the machine itself, and so on Debian, as root, alone.");
  process.exit(69);
}

const LIMIT_MS = 60_000;
/** Not those of a desktop that is there already. */
const [DISPLAY, VNC, PAGE] = ["77", "5977", "6077"];

/** The commands of the RUN lines, each with its continued lines. */
function runSteps() {
  const text = readFileSync(join(".devcontainer", "Dockerfile"), "utf8").replaceAll(/\\\n\s*/g, "");
  return [...text.matchAll(/^RUN (.+)$/gm)].map(([, command]) => command);
}

const statusOf = (url) =>
  new Promise((resolve) => {
    const asked = request(url, (response) => resolve(response.resume().statusCode));
    asked.on("error", () => resolve(undefined)).end();
  });

async function until(what, look) {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(100)) if (await look()) return;
  throw new Error(`${what} is not there after ${LIMIT_MS / 1000} s.`);
}

async function startDesktop() {
  // A group of its own, which is ended whole.
  const desktop = spawn(join(".devcontainer", "desktop"), [DISPLAY, VNC, PAGE], { detached: true, stdio: "ignore" });
  started.push(desktop);
  await until("The desktop's page", async () => (await statusOf(`http://127.0.0.1:${PAGE}/vnc.html`)) === 200);
  return { ok: true, output: "" };
}

/** The provider of the tests sends the browser back at once: there is nobody here who could press a button. */
async function signIn() {
  const { OidcClient } = await import("keystone-auth/node");
  const provider = await (await support("fake-provider")).startFakeProvider();
  Object.assign(process.env, { CI: "", DISPLAY: `:${DISPLAY}`, BROWSER: "firefox-esr", HOME: directory });
  const client = new OidcClient({
    clientId: "prizm",
    issuer: provider.issuer,
    allowInsecureLoopback: true,
    storage: "memory",
    loginTimeoutSeconds: LIMIT_MS / 1000,
  });
  try {
    await quietly(() => client.getAccessToken());
    return { ok: true, output: "" };
  } finally {
    await client.close();
    await provider.close();
  }
}

const started = [];
const directory = mkdtempSync(join(tmpdir(), "keystone-auth-devcontainer-"));
const steps = new Steps();
for (const command of runSteps()) await steps.run(`RUN ${command.slice(0, 60)} …`, () => run("sh", ["-c", command]));
await steps.run("what the tests need is there", async () => {
  const missing = ["chromium", "firefox", "webkit", "keyring", "shells"].filter((name) => !(name in findBrowsers()));
  return { ok: missing.length === 0, output: `missing: ${missing.join(", ")}` };
});
try {
  if (await steps.run("the desktop starts, and its page is shown", startDesktop)) {
    await buildSupport();
    await steps.run("a program signs in by the browser on it", signIn);
  }
} finally {
  for (const { pid } of started) process.kill(-pid, "SIGTERM");
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}
console.log(steps.summary());
console.log("No container was built or opened.");
process.exitCode = steps.failed.length === 0 ? 0 : 1;
