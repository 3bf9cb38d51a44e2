/**
 * The first file of the test's application: what an old runtime lacks, the test's eyes and hands, then the application as it
 * is, then the play that `PLAY` names. What it has to say are lines of JSON on stdout, after "@@".
 */
import "./old-node.mjs";
import { createRequire } from "node:module";
import { app, ipcMain, shell } from "electron";
import { PLAYS } from "./plays/all.mjs";
import { answers, opened, tell, wire } from "./senses.mjs";

const { PLAY = "", APP = "example", BROWSER_OF = "test" } = process.env;

// The person has a browser of their own, outside of the app.
if (BROWSER_OF === "test")
  shell.openExternal = async (url) => {
    opened.push(new URL(url));
    tell({ browser: url });
  };

app.on("quit", (_event, code) => tell({ quit: code }));

const handle = ipcMain.handle.bind(ipcMain);
ipcMain.handle = (channel, listener) =>
  handle(channel, async (event, message) => {
    const answer = await listener(event, message);
    answers.push({ method: message?.method, answer });
    return answer;
  });

const send = globalThis.fetch;
globalThis.fetch = (...request) => wire.carry(() => send(...request), ...request);

async function play() {
  try {
    // In this turn: the application has things to say before Electron is ready.
    const loaded = createRequire(__filename)(`./${APP}.cjs`);
    await app.whenReady();
    const told = await PLAYS[PLAY](loaded);
    if (told !== undefined) tell(told);
    tell({ done: true });
    app.quit();
  } catch (error) {
    tell({ failed: error.stack });
    app.exit(1);
  }
}

void play();
