/** What must be true at the end: nothing lost, nothing grown, nothing told. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkHistory } from "../history/check.js";
import type { Event } from "../history/events.js";
import { Recorder } from "../history/recorder/client.js";
import { mergeHistory } from "../history/recorder/merge.js";
import { NoteFile, readNotes } from "../history/recorder/note-files.js";
import { tellHistory } from "../history/words.js";
import type { Fleet } from "./fleet.js";
import { optionsOf, type StoreOptions } from "./options.js";
import type { SoakProvider } from "./providers.js";

/** What calls may end with while faults are injected. Anything else is a fault of the library. */
const EXPECTED =
  /^error (network|timeout|response|token_validation|aborted|lock_timeout|login_required|provider|environment|storage)$/;
const GROWTH = 1.3;
const SLACK_BYTES = 12 * 1024 * 1024;
const SLACK_HANDLES = 15;
const MOST_FAULTS = 20;

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** The middle of the first and of the last third of the samples. */
export function firstAndLast(numbers: number[]): [number, number] {
  const third = Math.max(1, Math.floor(numbers.length / 3));
  return [median(numbers.slice(0, third)), median(numbers.slice(-third))];
}

/** What a run leaves behind for its judge. */
export interface Run {
  readonly providers: readonly SoakProvider[];
  readonly fleet: Fleet;
  /** Of the records, and of the notes. */
  readonly directory: string;
  readonly notes: string;
}

/** Asks the store of one client for a new token, as a program that starts now. What comes of it, the history says. */
async function askLast(recorder: Recorder, options: StoreOptions): Promise<void> {
  const { client } = recorder.open({ ...options, openBrowser: async () => {} });
  recorder.isLast = true;
  await client.getAccessToken({ interaction: "never", forceRefresh: true }).catch(() => {});
  await client.close();
}

const optionsIn = ({ providers, directory }: Run) =>
  providers.map(({ provider }, store) => optionsOf(store, provider.issuer, directory));

/** Asks each store what it holds at the end. */
export async function askAll(run: Run): Promise<void> {
  const recorder = new Recorder(new NoteFile(run.notes, "last", 1), run.directory);
  for (const options of optionsIn(run)) await askLast(recorder, options);
}

/** The histories so far, one a store. */
export function historiesOf(run: Run): Event[][] {
  const written = [...readNotes(run.notes), ...run.fleet.strikes];
  return optionsIn(run).map(({ clientId }, store) =>
    mergeHistory(written, (run.providers[store] as SoakProvider).acts, clientId),
  );
}

/** What the rules find in the history of one store. The whole of it is kept, beside the program, where there is something. */
function faultsOf(history: readonly Event[], store: number): string[] {
  const violations = checkHistory(history);
  if (violations.length === 0) return [];
  const file = fileURLToPath(new URL(`./history-${store}.txt`, import.meta.url));
  writeFileSync(file, tellHistory(history, violations));
  const told = violations.map(({ rule, fault, detail }) => `rule ${rule}: ${fault} (${detail}), in ${file}`);
  return told.slice(0, MOST_FAULTS);
}

export function judge({ providers, fleet, directory }: Run, histories: readonly (readonly Event[])[]): string[] {
  const found = [...fleet.faults, ...histories.flatMap(faultsOf)];
  for (const [name, count] of Object.entries(fleet.counts)) {
    const foreign = name.startsWith("foreign") || (name.startsWith("error") && !EXPECTED.test(name));
    // The disk is full on purpose, and has no other trouble.
    if (foreign || (name.startsWith("storage") && name !== "storage full")) found.push(`${count} times: ${name}`);
  }
  const [heapBefore, heapAfter] = firstAndLast(fleet.steady.map(({ heapUsed }) => heapUsed));
  if (heapAfter > heapBefore * GROWTH + SLACK_BYTES)
    found.push(`the heap grew from ${heapBefore} to ${heapAfter} bytes`);
  const [handlesBefore, handlesAfter] = firstAndLast(fleet.steady.map(({ handles }) => handles));
  if (handlesAfter > handlesBefore + SLACK_HANDLES) found.push(`handles grew from ${handlesBefore} to ${handlesAfter}`);
  const secrets = new Set(providers.flatMap(({ provider }) => provider.secrets()));
  const leaked = [...fleet.suspects].filter(
    (run) => secrets.has(run) || run.includes("CANARY-") || run.startsWith("eyJ"),
  );
  if (leaked.length > 0)
    found.push(`${leaked.length} secrets in the output, one begins with ${leaked[0]?.slice(0, 12)}`);
  const unreadable = readdirSync(directory).filter((file) => file.endsWith(".json") && !isJson(join(directory, file)));
  if (unreadable.length > 0) found.push(`${unreadable.length} records that are no JSON`);
  return found;
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
