/** The app's pages come by a scheme of its own: a page of a file: address has no origin that could be told apart. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { app, protocol } from "electron";

export const ORIGIN = "app://bundle";

/**
 * A file of the package, as it is installed beside the app. By the app's own path, which an ES module, a bundle and an archive
 * have alike; `import.meta` is empty in a bundle that is CommonJS.
 */
export const packageFile = (name) => createRequire(join(app.getAppPath(), "main.js")).resolve(`keystone-auth/${name}`);

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** All that can be asked for. A list, and no path that a page could build. */
const TYPES = new Map([
  ["/index.html", "text/html; charset=utf-8"],
  ["/renderer.mjs", "text/javascript"],
  ["/style.css", "text/css"],
]);

/** Must be called before Electron is ready. */
export function registerScheme() {
  const privileges = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([{ scheme: "app", privileges }]);
}

export function servePages() {
  protocol.handle("app", async ({ url }) => {
    const { host, pathname } = new URL(url);
    const file = host === "bundle" ? (ownFile(pathname) ?? libraryFile(pathname)) : undefined;
    if (file === undefined) return new Response("Not found", { status: 404, headers: HEADERS });
    return new Response(await readFile(file.path), { headers: { ...HEADERS, "content-type": file.type } });
  });
}

function ownFile(pathname) {
  const type = TYPES.get(pathname);
  return type && { path: join(app.getAppPath(), "page", pathname), type };
}

/** An app with a bundler has this in its own script, and needs no such place. */
function libraryFile(pathname) {
  const name = /^\/keystone-auth\/([\w-]+\.js)$/.exec(pathname)?.[1];
  return name && { path: join(dirname(packageFile("electron/renderer")), name), type: "text/javascript" };
}
