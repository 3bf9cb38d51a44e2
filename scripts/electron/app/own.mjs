/** An application for what the example does not show: `MODE` says what its client does otherwise. */
import { join } from "node:path";
import { app, ipcMain, net, safeStorage, shell } from "electron";
import { safeStorageKeychain, serveTokens } from "keystone-auth/electron/main";
import { OidcClient } from "keystone-auth/node";
import { ORIGIN, registerScheme, servePages } from "../../../examples/electron/pages.mjs";
import { quitOnceClosed } from "../../../examples/electron/quit.mjs";
import { openWindow } from "../../../examples/electron/window.mjs";

const { ISSUER, CLIENT_ID, MODE } = process.env;

const MODES = {
  encrypted: () => ({
    storage: "encrypted-file",
    keychain: safeStorageKeychain(safeStorage, { file: join(app.getPath("userData"), "keystone-auth", "data-key") }),
  }),
  net: () => ({ fetch: (...request) => net.fetch(...request) }),
  late: () => ({}),
  plain: () => ({}),
};

export const client = new OidcClient({
  clientId: CLIENT_ID,
  issuer: ISSUER,
  extraScopes: ["offline_access"],
  openBrowser: (url) => shell.openExternal(url),
  allowInsecureLoopback: true,
  ...MODES[MODE](),
});

export const serve = () => serveTokens(client, { ipcMain, allowedOrigins: [ORIGIN] });

registerScheme();
if (MODE !== "late") serve();
app.on("window-all-closed", () => app.quit());
quitOnceClosed(client);

void app.whenReady().then(async () => {
  servePages();
  await openWindow();
});
