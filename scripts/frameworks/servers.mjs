/** What serves an app: files with a page for every path, on `localhost`, another site than the provider's 127.0.0.1. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { place, start } from "./processes.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };

async function answer({ app, way }, request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const path = extname(pathname) === "" ? "/index.html" : pathname;
  try {
    const file = await readFile(join(place, "build", app, path));
    const isPage = path === "/index.html";
    const body = isPage ? file.toString().replace(/data-way="\w*"/, `data-way="${way}"`) : file;
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain", "cache-control": "no-store" });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

const listen = async (server) =>
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

/** Its files may be there later: they are read for each request. */
async function startFiles(way) {
  const server = createServer((request, response) => void answer(way, request, response));
  await listen(server);
  return {
    origin: `http://localhost:${server.address().port}`,
    ready: async () => {},
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The servers of frameworks, as they are started in production. */
const PROGRAMS = {
  next: (port) => ({
    args: [join("node_modules", "next", "dist", "bin", "next"), "start", "apps/next", "-H", "127.0.0.1", "-p", port],
    environment: { NEXT_TELEMETRY_DISABLED: "1" },
  }),
  "sveltekit-server": (port) => ({
    args: [join("build", "sveltekit-server", "index.js")],
    environment: { HOST: "127.0.0.1", PORT: port, ORIGIN: `http://localhost:${port}` },
  }),
};

async function freePort() {
  const server = createServer();
  await listen(server);
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Its address is known now; it is started when it is built. */
async function startProgram({ app }) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  let program;
  return {
    origin,
    ready: async () => {
      const { args, environment } = PROGRAMS[app](String(port));
      program = start(process.execPath, args, { environment });
      program.ended.catch(() => {});
      const answers = async () => {
        const response = await fetch(`${origin}/other`).catch(() => undefined);
        return response?.ok === true;
      };
      for (let tries = 0; tries < 100; tries += 1) {
        if (await answers()) return;
        await sleep(200);
      }
      throw new Error(`The server of ${app} did not start:\n${program.output()}`);
    },
    close: async () => program?.end(),
  };
}

/** `ready()` is called when the app is built. */
export const startServer = async (way) => await (way.app in PROGRAMS ? startProgram(way) : startFiles(way));
