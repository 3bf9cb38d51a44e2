/** How a page goes out: its headers, the script that cleans the address bar, and a delivery that ends. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { insertInHead } from "../pages/html.js";

/** A page that is ready to be sent. */
export interface ReadyPage {
  readonly html: string;
  readonly status: number;
  readonly keepServing: boolean;
}

// The code and the state stand in the address bar, and would go into the history and into screenshots.
const CLEAN_ADDRESS = 'history.replaceState(null,"",location.pathname)';
const DELIVERY_MS = 5_000;

/** The headers of every answer. The policy allows the one script above, styles, and images within the page. */
function securityHeaders(): Record<string, string> {
  const hash = createHash("sha256").update(CLEAN_ADDRESS).digest("base64");
  return {
    "Content-Type": "text/html; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy":
      `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    Connection: "close",
  };
}

/** Sends the page; resolves when it has left, when the other side has gone, or after 5 s. Never rejects. */
export function sendPage(response: ServerResponse, page: ReadyPage): Promise<void> {
  return send(response, page.status, insertInHead(page.html, `<script>${CLEAN_ADDRESS}</script>`), {});
}

/** What a stranger gets: it says nothing about a login. */
export function sendNeutral(response: ServerResponse, status: number): Promise<void> {
  const html =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Nothing here</title></head>' +
    "<body><p>There is nothing at this address.</p></body></html>";
  return send(response, status, html, status === 405 ? { Allow: "GET" } : {});
}

function send(response: ServerResponse, status: number, html: string, extra: Record<string, string>): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.writableEnded) return resolve();
    const timer = setTimeout(() => response.destroy(), DELIVERY_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    response.once("finish", done);
    response.once("close", done);
    const body = Buffer.from(html, "utf8");
    response.writeHead(status, { ...securityHeaders(), "Content-Length": body.length, ...extra });
    response.end(body);
  });
}
