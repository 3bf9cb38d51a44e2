/**
 * A process with one client whose doings are noted. A line of input, such as `getAccessToken {"interaction":"never"}`, is a
 * call; how each ends is a line of output. Arguments: options, directory of the notes, name, ordinal.
 */
import { createInterface } from "node:readline";
import { isKeystoneAuthError } from "../../../../src/node/index.js";
import { visit } from "../../../support/fake-provider/visit.js";
import { type RecordedOptions, Recorder } from "../client.js";
import { NoteFile } from "../note-files.js";

const [options = "{}", notes = "", party = "", ordinal = "1"] = process.argv.slice(2);
const given = JSON.parse(options) as Omit<RecordedOptions, "openBrowser">;
const recorder = new Recorder(new NoteFile(notes, party, Number(ordinal)), given.storageDirectory);
const { client } = recorder.open({
  ...given,
  openBrowser: async (url) => void (await visit(url)),
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});

const codeOf = (error: unknown) => (isKeystoneAuthError(error) ? error.code : String(error));

for await (const line of createInterface({ input: process.stdin })) {
  const [method = "", request = "undefined"] = line.split(" ");
  const call = (client as unknown as Record<string, (request?: object) => Promise<unknown>>)[method];
  if (!call) throw new Error(`no such call: ${method}`);
  // Several may be under way.
  void call(request === "undefined" ? undefined : (JSON.parse(request) as object)).then(
    () => console.log("done"),
    (error: unknown) => console.log(codeOf(error)),
  );
}
await client.close();
