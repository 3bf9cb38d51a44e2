/** The application's windows: what their pages show, what is run in them, and clicks as a person makes them. */
import { BrowserWindow } from "electron";
import { ORIGIN, packageFile } from "../../../examples/electron/pages.mjs";
import { until } from "./senses.mjs";

/** The first window, whatever its page knows. */
export async function loadedWindow() {
  const window = await until(() => BrowserWindow.getAllWindows()[0], "a window opens");
  await until(() => !window.webContents.isLoading(), "its page is loaded");
  return window;
}

/** The first window, whose page knows who is signed in. */
export async function firstWindow() {
  const window = await loadedWindow();
  await whenSettled(window);
  return window;
}

/** Another window like the application's own. */
export async function openAnother(preferences = {}, url = `${ORIGIN}/index.html`) {
  const window = new BrowserWindow({
    webPreferences: { preload: packageFile("electron/preload.cjs"), ...preferences },
  });
  await window.loadURL(url);
  return window;
}

const textOf = (window, id) =>
  window.webContents.executeJavaScript(`document.getElementById(${JSON.stringify(id)})?.textContent`);

export const whenShown = (window, id, pattern) =>
  until(async () => {
    const text = await textOf(window, id);
    return pattern.test(text) ? text : undefined;
  }, `#${id} shows ${pattern}`);

/** The page knows who is signed in. */
export const whenSettled = (window) => whenShown(window, "who", /signed in/i);

/** Clicks as a mouse does. */
export async function click(window, id) {
  const find = `(() => {
    const { left, top, width, height } = document.getElementById(${JSON.stringify(id)}).getBoundingClientRect();
    return { x: Math.round(left + width / 2), y: Math.round(top + height / 2) };
  })()`;
  const at = await window.webContents.executeJavaScript(find);
  window.focus();
  for (const type of ["mouseDown", "mouseUp"])
    window.webContents.sendInputEvent({ type, ...at, button: "left", clickCount: 1 });
}

/**
 * Runs a function in the page with the page's client, the package and the arguments. Gives `{ value }` or `{ error }`. With
 * `isGesture` it runs as in a user's action.
 */
export async function inPage(window, work, { args = [], isGesture = false } = {}) {
  const script = `(async () => {
    try {
      const sdk = await import("/keystone-auth/electron-renderer.js");
      if (!globalThis.client) {
        const client = new sdk.OidcClient();
        const told = [];
        client.on("session", ({ reason }) => told.push([reason, client.session.status, client.session.subject ?? null]));
        Object.assign(globalThis, { client, told });
      }
      const value = await (${work})(globalThis.client, sdk, ...${JSON.stringify(args)});
      return { value };
    } catch (error) {
      const { name, code, reason, option, message, sessionKept } = error;
      return { error: { name, code, reason, option, message, sessionKept } };
    }
  })()`;
  return await window.webContents.executeJavaScript(script, isGesture);
}

/** Gives the value, or throws what the page threw. */
export async function valueInPage(window, work, options) {
  const { value, error } = await inPage(window, work, options);
  if (error) throw new Error(`${error.code}: ${error.message}`);
  return value;
}

/** What the page's own client was told: reason, status and person of each event. */
export const toldIn = (window) => valueInPage(window, "() => globalThis.told");

/** Until the user's action of a click is over, by the page's own clock. */
export const whenNoAction = (window) =>
  until(() => window.webContents.executeJavaScript("!navigator.userActivation.isActive"), "the user's action is over");
