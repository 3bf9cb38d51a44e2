/** The app's pages come by a scheme of its own: a page of a file: address has no origin that could be told apart. */
import { readFile } from "node:fs/promises";
import { protocol } from "electron";

export const ORIGIN = "app://bundle";

const HERE = new URL("./page/", import.meta.url);
/** An app with a bundler has this in its own script, and needs no such place. */
const LIBRARY = new URL("./", import.meta.resolve("keystone-auth/electron/renderer"));

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** All that can be asked for. A list, and no path that a page could build. */
const FILES = new Map([
  ["/index.html", { url: new URL("index.html", HERE), type: "text/html; charset=utf-8" }],
  ["/renderer.mjs", { url: new URL("renderer.mjs", HERE), type: "text/javascript" }],
  ["/style.css", { url: new URL("style.css", HERE), type: "text/css" }],
]);

/** Must be called before Electron is ready. */
export function registerScheme() {
  const privileges = { standard: true, secure: true, supportFetchAPI: true };
  protocol.registerSchemesAsPrivileged([{ scheme: "app", privileges }]);
}

export function servePages() {
  protocol.handle("app", async ({ url }) => {
    const { host, pathname } = new URL(url);
    const file = host === "bundle" ? (FILES.get(pathname) ?? libraryFile(pathname)) : undefined;
    if (file === undefined) return new Response("Not found", { status: 404, headers: HEADERS });
    return new Response(await readFile(file.url), { headers: { ...HEADERS, "content-type": file.type } });
  });
}

function libraryFile(pathname) {
  const name = /^\/keystone-auth\/([\w-]+\.js)$/.exec(pathname)?.[1];
  return name === undefined ? undefined : { url: new URL(name, LIBRARY), type: "text/javascript" };
}
