/**
 * A program under load: clients over shared stores, in the main thread and in one of its own, until its input ends. Prints
 * what the library logs, and JSON lines of figures; notes for the history go to files. Time limits are short. Arguments:
 * the stores' issuers, directory, directory of the notes, which process of the run it is, what it does wrong on purpose.
 */
import { isMainThread, Worker } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { isKeystoneAuthError, type LoginRequiredError, type OidcClient } from "../../../src/node/index.js";
import { Recorder } from "../../history/recorder/client.js";
import { NoteFile } from "../../history/recorder/note-files.js";
import { visit } from "../../support/fake-provider/visit.js";
import { optionsOf, type StoreOptions } from "../options.js";
import { sendOldToken } from "../planted.js";

const [listed = "", directory = "", place = "", ordinal = "1", wrong] = process.argv.slice(2);
const stores = listed.split(" ").map((issuer, store) => optionsOf(store, issuer, directory));
const party = `p${ordinal}.${isMainThread ? "main" : "thread"}`;
const notes = new NoteFile(place, party, Number(ordinal) * 2 + (isMainThread ? 0 : 1));
const CLIENTS_PER_STORE = 2;
/** A call in so many is followed by a sign-out or a deletion of tokens. */
const ENDS_ONE_IN = 100;
const counts: Record<string, number> = {};
const bump = (name: string) => {
  counts[name] = (counts[name] ?? 0) + 1;
};
const log = (message: string) => console.log(message);
const random = (below: number) => Math.floor(Math.random() * below);
const stop = new AbortController();
let fullUntil = 0;
/** The disk is full for this thread now and then, for as long as two seconds. */
const isFull = () => {
  if (!stop.signal.aborted && random(25) === 0) fullUntil = Date.now() + random(2000);
  return Date.now() < fullUntil;
};
const recorder = new Recorder(notes, directory, isFull);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function makeClient(options: StoreOptions): OidcClient {
  const { client } = recorder.open({
    ...options,
    openBrowser: async (url) => void (await visit(url)),
    logger: { debug: log, info: log, warn: log, error: log },
  });
  client.on("session", ({ reason }) => bump(`event ${reason}`));
  client.on("storage", ({ error }) => bump(`storage ${error.kind}`));
  return client;
}

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

/** Now and then somebody signs out, in one of the ways, or deletes the tokens. */
async function endSession(client: OidcClient): Promise<void> {
  const kind = random(4);
  if (kind === 0) return await client.destroyTokens();
  if (kind === 1) return await client.destroyAccessToken();
  await client.signOut({ local: kind === 2 });
}

/** Whoever is signed out has to ask for it before a login opens. */
async function mend(client: OidcClient, error: unknown): Promise<void> {
  const { reason } = error as Partial<LoginRequiredError>;
  if (reason === "signed_out" && random(3) === 0) await client.signIn();
}

function tell(error: unknown): void {
  bump(isKeystoneAuthError(error) ? `error ${error.code}` : `foreign ${String((error as Error).name)}`);
  console.log(isKeystoneAuthError(error) ? error.message : String((error as Error).stack));
}

async function callOn(options: StoreOptions): Promise<void> {
  let client = makeClient(options);
  let last = "";
  while (!stop.signal.aborted) {
    bump("calls");
    try {
      last = await callOnce(client, last);
      bump("tokens");
      if (random(ENDS_ONE_IN) === 0) await endSession(client);
    } catch (error) {
      tell(error);
      await mend(client, error).catch(tell);
    }
    if (random(200) === 0) {
      await client.close();
      client = makeClient(options);
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
  const clients = Array.from({ length: CLIENTS_PER_STORE }, () => stores).flat();
  const timer = setInterval(report, 1000);
  const [first] = stores;
  if (wrong === "old-token" && isMainThread && first) void sendOldToken(recorder, first, stop.signal);
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
