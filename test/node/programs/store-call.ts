/**
 * One call of a file store in a process of its own, under another umask or user if asked.
 * Arguments: { directory, call, key, value?, umask?, uid? } as JSON. Prints { result?, error?, troubles } as JSON.
 */
import { join } from "node:path";
import { isKeystoneAuthError } from "../../../src/errors.js";
import { openRecords } from "../files/records.js";

interface Request {
  readonly directory: string;
  readonly call: "read" | "put" | "remove";
  readonly key: string;
  readonly value?: unknown;
  readonly umask?: number;
  readonly uid?: number;
}

const describe = (error: unknown) => {
  if (!isKeystoneAuthError(error)) throw error;
  return { ...error, message: error.message };
};

const request = JSON.parse(process.argv[2] ?? "") as Request;
if (request.umask !== undefined) process.umask(request.umask);
if (request.uid !== undefined) {
  // Loads what the store loads late: the other user may not be able to read the directory of this repository.
  await openRecords(join(request.directory, "none"), () => {}).remove(request.key);
  process.setgroups?.([]);
  process.setgid?.(request.uid);
  process.setuid?.(request.uid);
}
const troubles: unknown[] = [];
const records = openRecords(request.directory, (error) => void troubles.push(describe(error)));
try {
  const result =
    request.call === "put" ? await records.put(request.key, request.value) : await records[request.call](request.key);
  console.log(JSON.stringify({ result, troubles }));
} catch (error) {
  console.log(JSON.stringify({ error: describe(error), troubles }));
}
