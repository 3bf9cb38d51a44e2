/**
 * Calls of an encrypted store with the system's keychain, in a process of its own. The argument is JSON: `directory`,
 * `withoutKeychain`, and `calls`, each `[name, key, value?]`. Prints one JSON line: the results and the troubles.
 */
import { openEncryptedStore } from "../../../src/node/encrypted/store.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import { systemKeychain } from "../../../src/node/encrypted/system-keychain.js";
import { recordsOf } from "../files/records.js";
import { systemClock } from "../../../src/clock.js";

interface Request {
  readonly directory: string;
  readonly withoutKeychain?: "fail" | "memory" | "plain-file";
  readonly calls: readonly (readonly ["read" | "put" | "remove", string, unknown?])[];
}

const { directory, withoutKeychain = "fail", calls } = JSON.parse(process.argv[2] ?? "") as Request;
const troubles: unknown[] = [];
const tell = ({ kind, causeCode, message }: { kind?: string; causeCode?: string; message: string }) => ({
  kind,
  causeCode,
  message,
});
const onTrouble = (error: Error) => void troubles.push(tell(error));
const { store } = openEncryptedStore({
  directory,
  keychain: systemKeychain(directory),
  withoutKeychain,
  lock: openFileLock({ directory, clock: systemClock, onTrouble }),
  clock: systemClock,
  timeoutMs: 8000,
  onTrouble,
});
const records = recordsOf(store);
const results: unknown[] = [];
for (const [name, key, value] of calls) {
  try {
    results.push({ result: await (name === "put" ? records.put(key, value) : records[name](key)) });
  } catch (error) {
    results.push({ error: tell(error as Error) });
  }
}
console.log(JSON.stringify({ results, troubles }));
