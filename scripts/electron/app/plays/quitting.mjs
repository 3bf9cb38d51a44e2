/** The app ends while something is under way. */
import { app } from "electron";
import { opened, tell, until, wire } from "../senses.mjs";
import { firstWindow, inPage, loadedWindow, valueInPage } from "../windows.mjs";

const never = new Promise(() => {});

const ENDINGS = {
  quit: () => app.quit(),
  close: (window) => window.close(),
  SIGTERM: () => process.kill(process.pid, "SIGTERM"),
};

/** Ends the app in the way that `HOW` says; the play is over with it. */
async function end(window) {
  tell({ isEnding: true });
  ENDINGS[process.env.HOW ?? "quit"](window);
  await never;
}

export async function quitWhileLogin() {
  const window = await firstWindow();
  inPage(window, (client) => client.signIn({ loginHint: "nobody" }), { isGesture: true }).catch(() => {});
  await until(() => opened.length === 1, "the browser is opened");
  await end(window);
}

/** A login that the main process has begun by itself does not end with a window. */
export async function quitWhileOwnLogin({ client }) {
  const window = await loadedWindow();
  client.signIn({ loginHint: "nobody" }).catch(() => {});
  await until(() => opened.length === 1, "the browser is opened");
  await end(window);
}

export async function quitWhileRefresh() {
  const window = await firstWindow();
  await valueInPage(window, (client) => client.signIn(), { isGesture: true });
  wire.holdTokensFor(1200);
  inPage(window, (client) => client.getAccessToken({ forceRefresh: true })).catch(() => {});
  await until(() => wire.held === 1, "the answer with the new refresh token is on its way");
  await end(window);
}

export async function quitWhileCode() {
  const window = await firstWindow();
  wire.holdTokensFor(1200);
  inPage(window, (client) => client.signIn(), { isGesture: true }).catch(() => {});
  await until(() => wire.held === 1, "the answer to the code is on its way");
  await end(window);
}
