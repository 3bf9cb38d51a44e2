/** The main process: it signs in, keeps the session, and gives its windows access tokens. */
import { app, ipcMain, shell } from "electron";
import { serveTokens } from "keystone-auth/electron/main";
import { OidcClient } from "keystone-auth/node";
import { offerAddress } from "./address.mjs";
import { ORIGIN, registerScheme, servePages } from "./pages.mjs";
import { quitOnceClosed } from "./quit.mjs";
import { denyPermissions, guardContents, openWindow } from "./window.mjs";

const { ISSUER = OidcClient.KEYSTONE_URL, CLIENT_ID = "prizm" } = process.env;

const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access"],
  // The person signs in where the address bar and the password manager are: in the system browser (RFC 8252).
  openBrowser: (url) => shell.openExternal(url),
  // Beside it: on Linux `openExternal` resolves although no browser opens. Given, nothing is written to the terminal.
  onAuthorizationUrl: (url) => offerAddress(url, client),
  // For a provider on this machine, as in the demo; it changes nothing for any other.
  allowInsecureLoopback: true,
});

// Before the first window, and before Electron is ready.
serveTokens(client, { ipcMain, allowedOrigins: [ORIGIN] });
registerScheme();
app.on("web-contents-created", (_event, contents) => guardContents(contents));
app.on("window-all-closed", () => app.quit());
quitOnceClosed(client);

// Not `await` at the top level: a bundler could not make CommonJS of it, and Electron becomes ready after this module alone.
app
  .whenReady()
  .then(async () => {
    denyPermissions();
    servePages();
    await openWindow();
  })
  .catch((error) => {
    console.error(error);
    app.exit(1);
  });
