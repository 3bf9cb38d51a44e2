/** Waits for a pasted address on stdin, then reads another line itself, and must end by itself. */
import { stderrTerminal } from "../../../src/node/terminal.js";
import { waitForPasted } from "../../../src/node/pasted-response.js";

const [state = ""] = process.argv.slice(2);
const controller = new AbortController();
console.log("ready");
const parameters = await waitForPasted({ state }, controller.signal, process.stdin, stderrTerminal());
console.log(`took ${[...parameters.keys()].join(",")}`);
process.stdin.once("data", (piece: Buffer) => {
  console.log(`then read ${piece.toString("utf8").trim()}`);
  process.stdin.pause();
});
