/**
 * A program under load: clients over shared stores, in the main thread and in one of its own, until its input ends. Prints
 * what the library logs, and JSON lines of figures. Arguments: issuer, directory, number of stores, time limits are short.
 */
import { isMainThread, Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { isKeystoneAuthError, OidcClient } from "../../../src/node/index.js";
import { visit } from "../../support/fake-provider/visit.js";

const [issuer = "", directory = "", stores = "1"] = process.argv.slice(2);
const CLIENTS_PER_STORE = 2;
const counts: Record<string, number> = {};
const bump = (name: string) => {
  counts[name] = (counts[name] ?? 0) + 1;
};
const log = (message: string) => console.log(message);
const random = (below: number) => Math.floor(Math.random() * below);
const stop = new AbortController();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function makeClient(store: number): OidcClient {
  const client = new OidcClient({
    clientId: `soak-${store}`,
    issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory: directory,
    minValiditySeconds: 1,
    requestTimeoutSeconds: 3,
    lockTimeoutSeconds: 20,
    loginTimeoutSeconds: 20,
    logger: { debug: log, info: log, warn: log, error: log },
    openBrowser: async (url) => void (await visit(url)),
    // The provider learns who asks: whether a token may come again depends on what became of this process.
    fetch: (input, init) =>
      fetch(input, { ...init, headers: { ...headersOf(init), "x-process": String(process.pid) } }),
  });
  client.on("session", ({ reason }) => bump(`event ${reason}`));
  client.on("storage", ({ error }) => bump(`storage ${error.kind}`));
  return client;
}

const headersOf = (init: RequestInit | undefined) => Object.fromEntries(new Headers(init?.headers));

/** One call of a kind that is drawn by lot. */
async function callOnce(client: OidcClient, last: string): Promise<string> {
  const kind = random(20);
  if (kind === 0) return await client.getAccessToken({ forceRefresh: true });
  if (kind === 1 && last !== "") return await client.getAccessToken({ rejectedToken: last });
  if (kind === 2) return await client.getAccessToken({ signal: AbortSignal.timeout(random(30)) });
  if (kind === 3) return await client.getAccessToken({ interaction: "never" });
  if (kind === 4) return (await client.getTokenSet()).accessToken;
  return await client.getAccessToken();
}

async function callOn(store: number): Promise<void> {
  let client = makeClient(store);
  let last = "";
  while (!stop.signal.aborted) {
    bump("calls");
    try {
      last = await callOnce(client, last);
      bump("tokens");
    } catch (error) {
      bump(isKeystoneAuthError(error) ? `error ${error.code}` : `foreign ${String((error as Error).name)}`);
      console.log(isKeystoneAuthError(error) ? error.message : String((error as Error).stack));
    }
    if (random(200) === 0) {
      await client.close();
      client = makeClient(store);
    }
    await pause(random(60));
  }
  await client.close();
}

function report(): void {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  console.log(`@${JSON.stringify({ pid: process.pid, main: isMainThread, heapUsed, rss, handles, counts })}`);
}

async function runAll(): Promise<void> {
  const clients = Array.from({ length: Number(stores) * CLIENTS_PER_STORE }, (_, at) => at % Number(stores));
  const timer = setInterval(report, 1000);
  await Promise.all(clients.map(callOn));
  clearInterval(timer);
  report();
}

process.on("unhandledRejection", (reason) => {
  console.log(`@${JSON.stringify({ pid: process.pid, unhandled: String((reason as Error)?.stack ?? reason) })}`);
});

if (isMainThread) {
  const thread = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
  process.stdin.on("end", () => {
    stop.abort();
    thread.postMessage("stop");
  });
  process.stdin.resume();
} else {
  const { parentPort } = await import("node:worker_threads");
  parentPort?.once("message", () => stop.abort());
}
await runAll();
