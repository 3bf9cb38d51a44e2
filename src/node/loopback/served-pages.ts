/** The pages after the landing page, for a handler that goes on serving. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LoginOutcome } from "../../ports.js";
import { isFromAnotherSite, readTarget } from "./request.js";
import type { PageMaker } from "./page-maker.js";
import { sendNeutral, sendPage } from "./page-response.js";

export interface ServedPagesOptions {
  readonly pages: PageMaker;
  readonly outcome: LoginOutcome;
  readonly authority: string;
  /** The path of the redirect URI: it was answered, and is no further page. */
  readonly callbackPath: string;
  readonly idleMs: number;
  /** Called once, when the handler has served its last page or nobody has asked for one in time. */
  readonly onEnd: () => void;
}

export class ServedPages {
  readonly #options: ServedPagesOptions;
  #timer: NodeJS.Timeout | undefined;
  #running = 0;
  /** Whether the handler has said that it is done; what is under way is still sent. */
  #last = false;
  #ended = false;

  constructor(options: ServedPagesOptions) {
    this.#options = options;
    this.#wait();
  }

  /** Answers a GET on a further path. Anybody on this machine may ask; a page of another site may not. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authority, callbackPath, outcome, pages } = this.#options;
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
      const page = await pages.furtherPage(new URL(url), outcome);
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
    this.#options.onEnd();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#ended || this.#running > 0) return;
    if (this.#last) return this.end();
    this.#timer = setTimeout(() => this.end(), this.#options.idleMs);
  }
}
