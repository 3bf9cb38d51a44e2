/** The window, with the settings of Electron's security checklist. */
import { BrowserWindow, session } from "electron";
import { ORIGIN, packageFile } from "./pages.mjs";

export async function openWindow() {
  const window = new BrowserWindow({
    width: 640,
    height: 480,
    webPreferences: {
      preload: packageFile("electron/preload.cjs"),
      // Electron's defaults. They are written down because the tokens' safety rests on them.
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
    },
  });
  await window.loadURL(`${ORIGIN}/index.html`);
}

/** Nothing leads out of the app: not a link, not a new window, not a <webview>. */
export function guardContents(contents) {
  const stay = (event, url) => {
    if (!url.startsWith(`${ORIGIN}/`)) event.preventDefault();
  };
  contents.on("will-navigate", stay);
  contents.on("will-redirect", stay);
  contents.on("will-attach-webview", (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
}

/** The app needs none. */
export function denyPermissions() {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
}
