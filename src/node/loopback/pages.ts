/**
 * The pages of the loopback server. The program's page handler is asked, and the built-in page takes the place of one that
 * fails: a page never changes a login's result. Each goes out with the same headers, with a script that cleans the address
 * bar, and in limited time.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log, LoginOutcome, Page, PageContext, PageHandler } from "../../ports.js";
import { systemClock } from "../../clock.js";
import { isClaimMissing } from "../../session/claim-missing.js";
import { beforeDeadline } from "../../settle.js";
import { insertInHead } from "../pages/html.js";
import { isFromAnotherSite, readTarget } from "./request.js";

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

export class PageMaker {
  /** `timeoutMs`: how long the handler may take for a page. */
  constructor(
    private readonly handler: PageHandler,
    private readonly log: Log,
    private readonly timeoutMs: number,
  ) {}

  /** Whether there is anything to serve after the landing page. */
  get hasFurtherPages(): boolean {
    return typeof this.handler.page === "function";
  }

  /** The page at the end of the login: 200 after a success, 400 after a failure, unless the handler says otherwise. */
  async lastPage(outcome: LoginOutcome): Promise<ReadyPage> {
    const context = contextOf(outcome);
    if (outcome.ok) return await this.#ask("landingPage", () => this.handler.landingPage(context), outcome, 200, 200);
    const { error } = outcome;
    if (typeof this.handler.errorPage !== "function") return ready(await builtIn(outcome), 400);
    return await this.#ask("errorPage", () => this.handler.errorPage?.(error, context), outcome, 400, 400);
  }

  /** A page on a further path. Where the handler fails the person is still signed in, and reads that. */
  async furtherPage(url: URL, outcome: LoginOutcome): Promise<ReadyPage> {
    return await this.#ask("page", () => this.handler.page?.(url, contextOf(outcome)), outcome, 200, 500);
  }

  async #ask(
    method: string,
    make: () => Page | Promise<Page> | undefined,
    outcome: LoginOutcome,
    status: number,
    statusOfBuiltIn: number,
  ): Promise<ReadyPage> {
    try {
      // A call that throws at once rejects here too.
      const page = await beforeDeadline(
        systemClock,
        this.timeoutMs,
        () => new Error("late"),
        async () => await make(),
      );
      return ready(page, status);
    } catch {
      // What it threw is not logged: it may hold the token that the handler has.
      this.log.warn(
        `pageHandler.${method} failed or took longer than ${this.timeoutMs / 1000} s; the built-in page is shown`,
      );
      return ready(await builtIn(outcome), statusOfBuiltIn);
    }
  }
}

function contextOf(outcome: LoginOutcome): PageContext {
  return { getAccessToken: async () => (outcome.ok ? await outcome.getAccessToken() : Promise.reject(outcome.error)) };
}

/** The page of nobody in particular. */
async function builtIn(outcome: LoginOutcome): Promise<Page> {
  const program = { product: "the application" };
  try {
    const { failedPage, signedInPage } = await import("../pages/template.js");
    return { html: outcome.ok ? signedInPage(program) : failedPage(program, outcome.error) };
  } catch {
    // The template is read from the disk now, and the package may have been replaced while the person signed in.
    const isSignedIn = outcome.ok || isClaimMissing(outcome.error);
    const title = isSignedIn ? "You are signed in" : "The sign-in did not succeed";
    return {
      html: `<!doctype html><html lang="en"><title>${title}</title><p>${title}. You can close this window.</p></html>`,
    };
  }
}

function ready(page: Page | undefined, status: number): ReadyPage {
  if (typeof page?.html !== "string") throw new TypeError("no page");
  const wanted = page.status ?? status;
  return {
    html: page.html,
    status: Number.isFinite(wanted) ? Math.min(599, Math.max(200, Math.trunc(wanted))) : status,
    keepServing: page.keepServing === true,
  };
}

/** The pages after the landing page, for a handler that goes on serving. */
export class ServedPages {
  #timer: NodeJS.Timeout | undefined;
  #running = 0;
  /** Whether the handler has said that it is done; what is under way is still sent. */
  #last = false;
  #ended = false;

  /**
   * `callbackPath` was answered, and is no further page. `onEnd` is called once, when the handler has served its last page
   * or nobody has asked for one in time.
   */
  constructor(
    private readonly pages: PageMaker,
    private readonly outcome: LoginOutcome,
    private readonly address: { readonly authority: string; readonly callbackPath: string },
    private readonly idleMs: number,
    private readonly onEnd: () => void,
  ) {
    this.#wait();
  }

  /** Answers a GET on a further path. Anybody on this machine may ask; a page of another site may not. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authority, callbackPath } = this.address;
    const target = readTarget(request, authority);
    if ("status" in target) return await sendNeutral(response, target.status);
    if (isFromAnotherSite(request)) return await sendNeutral(response, 403);
    // A browser asks for the icon by itself; a handler that ends with any page but its own would end too early.
    const reserved = target.path === callbackPath || target.path === "/favicon.ico";
    const url = `http://${authority}${request.url}`;
    if (this.#ended || reserved || !/^\/(?!\/)/.test(target.path) || !URL.canParse(url))
      return await sendNeutral(response, 404);
    clearTimeout(this.#timer);
    this.#running += 1;
    try {
      const page = await this.pages.furtherPage(new URL(url), this.outcome);
      await sendPage(response, page);
      this.#last ||= !page.keepServing;
    } finally {
      this.#running -= 1;
      this.#wait();
    }
  }

  /** Ends it now. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.onEnd();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#ended || this.#running > 0) return;
    if (this.#last) return this.end();
    this.#timer = setTimeout(() => this.end(), this.idleMs);
  }
}
