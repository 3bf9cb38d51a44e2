/** What must be true at the end: nothing lost, nothing grown, nothing told. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isKeystoneAuthError, OidcClient } from "../../src/node/index.js";
import type { FakeProvider } from "../support/fake-provider.js";
import type { Faults } from "./faults.js";
import type { Fleet } from "./fleet.js";

/** What calls may end with while faults are injected. Anything else is a fault of the library. */
const EXPECTED = /^error (network|timeout|response|aborted|lock_timeout|login_required|provider|environment)$/;
const GROWTH = 1.3;
const SLACK_BYTES = 12 * 1024 * 1024;
const SLACK_HANDLES = 15;

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

/** The middle of the first and of the last third of the samples. */
export function firstAndLast(numbers: number[]): [number, number] {
  const third = Math.max(1, Math.floor(numbers.length / 3));
  return [median(numbers.slice(0, third)), median(numbers.slice(-third))];
}

/** Asks the store of one client for a new token, as a program that starts now; the provider has the last word. */
async function sessionFault(
  provider: FakeProvider,
  faults: Faults,
  store: number,
  directory: string,
): Promise<string | undefined> {
  const clientId = `soak-${store}`;
  const client = new OidcClient({
    clientId,
    issuer: provider.issuer,
    extraScopes: ["offline_access", "hub_connector_api"],
    audiences: ["hub_connector_api"],
    allowInsecureLoopback: true,
    storageDirectory: directory,
    interaction: "never",
  });
  const aliveBefore = provider.sessionAlive(faults.latest.get(clientId));
  try {
    await client.getAccessToken({ forceRefresh: true });
    return provider.sessionAlive(faults.latest.get(clientId))
      ? undefined
      : `${clientId}: a token of a session that has ended`;
  } catch (error) {
    if (!isKeystoneAuthError(error)) return `${clientId}: ${String(error)}`;
    if (error.code !== "login_required") return `${clientId}: ${error.code}: ${error.message}`;
    // A token that was lost with a killed process ends its session when the one before it comes again.
    const aliveNow = provider.sessionAlive(faults.latest.get(clientId));
    return aliveBefore && aliveNow ? `${clientId}: lost, while the provider holds it alive` : undefined;
  } finally {
    await client.close();
  }
}

export async function judge(
  provider: FakeProvider,
  faults: Faults,
  fleet: Fleet,
  stores: number,
  directory: string,
): Promise<string[]> {
  const found = [...fleet.faults, ...faults.unexcused];
  for (let store = 0; store < stores; store += 1) {
    const fault = await sessionFault(provider, faults, store, directory);
    if (fault) found.push(fault);
  }
  for (const [name, count] of Object.entries(fleet.counts)) {
    const foreign = name.startsWith("foreign") || (name.startsWith("error") && !EXPECTED.test(name));
    if (foreign || name.startsWith("storage")) found.push(`${count} times: ${name}`);
  }
  const [heapBefore, heapAfter] = firstAndLast(fleet.steady.map(({ heapUsed }) => heapUsed));
  if (heapAfter > heapBefore * GROWTH + SLACK_BYTES)
    found.push(`the heap grew from ${heapBefore} to ${heapAfter} bytes`);
  const [handlesBefore, handlesAfter] = firstAndLast(fleet.steady.map(({ handles }) => handles));
  if (handlesAfter > handlesBefore + SLACK_HANDLES) found.push(`handles grew from ${handlesBefore} to ${handlesAfter}`);
  const secrets = new Set(provider.secrets());
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
