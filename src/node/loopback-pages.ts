/** How pages leave the loopback server: made by the handler within a bound, and with headers that let nothing else in. */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { KeystoneAuthError } from "../errors.js";
import type { Page, PageContext, PageHandler } from "../ports.js";
import { productPage } from "./product-page.js";

const HANDLER_MS = 5000;
/** Takes code and state out of the address bar and the history. */
const CLEAN_ADDRESS = 'history.replaceState(null,"",location.pathname)';
const BUILT_IN = productPage({ product: "the program" });

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${createHash("sha256").update(CLEAN_ADDRESS).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  Connection: "close",
};

/** A neutral answer that tells a stranger nothing. */
export function sendStranger(response: ServerResponse, status: 400 | 404 | 405 | 421): void {
  response.writeHead(status, { ...HEADERS, ...(status === 405 && { Allow: "GET" }) });
  response.end("<!doctype html><title>Not here</title><p>There is nothing here.</p>");
}

/** Resolves when the page was delivered or the browser has gone. */
export function sendPage(response: ServerResponse, page: Page, fallback: number): Promise<void> {
  const asked = page.status ?? fallback;
  const status = Number.isInteger(asked) && asked >= 200 && asked <= 599 ? asked : fallback;
  const script = `<script>${CLEAN_ADDRESS}</script>`;
  const html = String(page.html);
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.writeHead(status, HEADERS);
    response.end(html.includes("</head>") ? html.replace("</head>", () => `${script}</head>`) : script + html);
  });
}

/** A handler that throws, or takes too long, changes nothing but the page. */
async function within(make: () => Page | Promise<Page> | undefined, instead: () => Page | Promise<Page>): Promise<Page> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HANDLER_MS);
  });
  try {
    const page = await Promise.race([Promise.resolve().then(make), late]);
    return typeof page?.html === "string" ? page : await instead();
  } catch {
    return await instead();
  } finally {
    clearTimeout(timer);
  }
}

export function renderLanding(pages: PageHandler, context: PageContext): Promise<Page> {
  return within(
    () => pages.landingPage({ getAccessToken: context.getAccessToken }),
    () => BUILT_IN.landingPage(context),
  );
}

export function renderFurther(pages: PageHandler, url: URL, context: PageContext): Promise<Page> {
  return within(
    () => pages.page?.(url, { getAccessToken: context.getAccessToken }),
    () => BUILT_IN.landingPage(context),
  );
}

export function renderError(pages: PageHandler, error: KeystoneAuthError): Promise<Page> {
  const context = { getAccessToken: () => Promise.reject<string>(error) };
  return within(
    () => pages.errorPage?.(error, context),
    () => BUILT_IN.errorPage?.(error, context) ?? BUILT_IN.landingPage(context),
  );
}
