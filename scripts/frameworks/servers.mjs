/** What serves an app: files with a page for every path, on `localhost`, another site than the provider's 127.0.0.1. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { place } from "./processes.mjs";

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

/** Its files may be there later: they are read for each request. */
export async function startServer(way) {
  const server = createServer((request, response) => void answer(way, request, response));
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
