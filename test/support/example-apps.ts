/** The single-page examples, built by Vite against this repository's package and served under a strict policy. */
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { listenOnLoopback } from "./loopback-server.js";

export type ExampleName = "spa-redirect" | "spa-popup" | "spa-react";

/** Where the app's settings lead: they are built into it. */
export interface ExampleSettings {
  readonly issuer: string;
  readonly api: string;
}

export interface ExampleApp {
  /** `http://localhost:PORT`: another site than the provider's 127.0.0.1. */
  readonly origin: string;
  /** To be registered at the provider, for sign-in and sign-out. */
  readonly redirectUri: string;
  /** Breaches of the policy that a browser has reported. */
  readonly violations: readonly string[];
  /** Builds the app below `root`, the repository. It answers 503 until then. React checks effects in "development" only. */
  build(root: string, settings: ExampleSettings, mode?: "production" | "development"): Promise<void>;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

const REPORTS = "/policy-report";

/** What the README of the examples says; `form-action` is for sign-out requests that are too long for an address. */
function policy({ issuer, api }: ExampleSettings): string {
  const [provider, resource] = [new URL(issuer).origin, new URL(api).origin];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${provider} ${resource}`,
    `form-action ${provider}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    `report-uri ${REPORTS}`,
  ].join("; ");
}

async function buildFiles(root: string, name: ExampleName, { issuer, api }: ExampleSettings, mode: string) {
  const { build } = await import("vite");
  // Vite reads them from the environment, as it does for a person who sets them in a shell.
  Object.assign(process.env, { VITE_ISSUER: issuer, VITE_API: api, NODE_ENV: mode });
  const dist = (file: string) => join(root, "dist", file);
  const result = await build({
    root: join(root, "examples", name),
    mode,
    logLevel: "error",
    resolve: {
      alias: [
        { find: /^keystone-auth\/browser$/, replacement: dist("browser.js") },
        { find: /^keystone-auth\/browser\/callback$/, replacement: dist("browser-callback.js") },
      ],
    },
    build: { write: false },
  });
  if (!("output" in result)) throw new Error("Vite gave no build.");
  return new Map(result.output.map((file) => [`/${file.fileName}`, file.type === "chunk" ? file.code : file.source]));
}

/** Starts the app's server. `port` is any free one where it is 0 or taken. */
export async function startExampleApp(name: ExampleName, port = 0): Promise<ExampleApp> {
  let files: ReadonlyMap<string, string | Uint8Array> | undefined;
  let headers: Record<string, string> = {};
  const violations: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === REPORTS) {
      request.setEncoding("utf8").on("data", (report: string) => violations.push(report));
      return response.writeHead(204).end();
    }
    // A page for each path that no file has: the app comes back to where it was.
    const path = extname(pathname) === "" ? "/index.html" : pathname;
    const file = files?.get(path);
    if (file === undefined) return response.writeHead(files ? 404 : 503).end();
    return response.writeHead(200, { ...headers, "content-type": TYPES[extname(path)] ?? "text/plain" }).end(file);
  });
  const listening = await listenOnLoopback(server, port);
  const origin = `http://localhost:${listening.port}`;
  return {
    origin,
    redirectUri: name === "spa-popup" ? `${origin}/callback.html` : `${origin}/`,
    violations,
    build: async (root, settings, mode = "production") => {
      files = await buildFiles(root, name, settings, mode);
      headers = { "content-security-policy": policy(settings), "x-content-type-options": "nosniff" };
    },
    close: listening.close,
  };
}
