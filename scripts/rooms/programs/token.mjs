/**
 * Takes one token in a process of its own: `node token.mjs ENTRY OPTIONS`, started with a channel to its parent, which
 * opens the addresses that come by it. At the end it sends what ran between the call and the token,
 * and how often each file below the storage directory was opened for reading.
 */
import fs from "node:fs";
import { Session } from "node:inspector/promises";
import { syncBuiltinESMExports } from "node:module";

const [, , entry, given] = process.argv;
const options = JSON.parse(given);
const reads = {};
let isWithin = false;

/** An opening that may write is no reading, but for "r+". */
const isReading = (flags) => (typeof flags === "number" ? (flags & 3) === 0 : flags === undefined || flags === "r");

function note(path, flags) {
  const name = String(path);
  if (isWithin || !name.startsWith(options.storageDirectory) || !isReading(flags)) return;
  reads[name] = (reads[name] ?? 0) + 1;
}

/** Counts the calls of a function of `node:fs`. One that calls another counts once. */
function count(owner, name, flagsOf) {
  const real = owner[name];
  owner[name] = function counted(...args) {
    note(args[0], flagsOf(args));
    const isOutermost = !isWithin;
    isWithin = true;
    try {
      return Reflect.apply(real, this, args);
    } finally {
      if (isOutermost) isWithin = false;
    }
  };
}

const ofOpen = ([, flags]) => (typeof flags === "function" ? undefined : flags);
const ofRead = ([, settings]) => settings?.flag;
for (const [name, flagsOf] of [
  ["open", ofOpen],
  ["openSync", ofOpen],
  ["readFile", ofRead],
  ["readFileSync", ofRead],
]) {
  count(fs, name, flagsOf);
  if (name in fs.promises) count(fs.promises, name, flagsOf);
}
syncBuiltinESMExports();

const { OidcClient } = await import(entry);
const client = new OidcClient({ ...options, openBrowser: (url) => void process.send({ url }) });
const inspector = new Session();
inspector.connect();
await inspector.post("Profiler.enable");
await inspector.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
await client.getAccessToken();
const { result } = await inspector.post("Profiler.takePreciseCoverage");
inspector.disconnect();
await client.close();
process.send({ reads, scripts: result.filter(({ url }) => url.startsWith("file:")) }, () => process.disconnect());
