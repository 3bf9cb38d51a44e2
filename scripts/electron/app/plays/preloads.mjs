/** Windows whose preload script is missing, or cannot do its work. */
import { join } from "node:path";
import { app, BrowserWindow } from "electron";
import { ORIGIN, packageFile } from "../../../../examples/electron/pages.mjs";
import { until } from "../senses.mjs";
import { firstWindow, inPage } from "../windows.mjs";

const PAGE = `${ORIGIN}/index.html`;

/** The error of a client in the page, or what it says where there is none. */
const clientIn = (window) => inPage(window, async (client) => (await client.getIdTokenClaims()) ?? "served");

async function openWith(webPreferences) {
  const window = new BrowserWindow({ webPreferences });
  const faults = [];
  window.webContents.on("preload-error", (_event, _path, error) => faults.push(error.message));
  await window.loadURL(PAGE);
  const { value, error } = await clientIn(window);
  return { value, message: error?.message, faults };
}

export async function missingBridges() {
  await firstWindow();
  const preload = packageFile("electron/preload.cjs");
  return {
    none: await openWith({}),
    notIsolated: await openWith({ preload, contextIsolation: false }),
    twice: await openWith({ preload: join(app.getAppPath(), "preload-twice.cjs") }),
  };
}

/** A window that a page opens, with the parent's options and with options of its own. */
export async function openedByPage() {
  await firstWindow();
  const preload = packageFile("electron/preload.cjs");
  const parent = new BrowserWindow({ webPreferences: { preload } });
  await parent.loadURL(PAGE);
  const told = {};
  for (const [name, options] of Object.entries({
    inherited: {},
    overridden: { overrideBrowserWindowOptions: { webPreferences: { preload } } },
  })) {
    parent.webContents.setWindowOpenHandler(() => ({ action: "allow", ...options }));
    const before = BrowserWindow.getAllWindows().length;
    await parent.webContents.executeJavaScript(`void window.open(${JSON.stringify(PAGE)})`, true);
    const child = await until(
      () => BrowserWindow.getAllWindows().length > before && newest(),
      "the page's window opens",
    );
    await until(() => !child.webContents.isLoading(), "its page is loaded");
    const { value, error } = await clientIn(child);
    told[name] = value ?? error.message;
  }
  return told;
}

const newest = () => BrowserWindow.getAllWindows().reduce((a, b) => (a.id > b.id ? a : b));
