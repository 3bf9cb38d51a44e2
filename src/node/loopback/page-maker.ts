/** Asks the program's page handler, and puts the built-in page where it fails: a page never changes a login's result. */
import type { LoginOutcome, Log, Page, PageContext, PageHandler } from "../../ports.js";
import type { ReadyPage } from "./page-response.js";

export class PageMaker {
  readonly #pages: PageHandler;
  readonly #log: Log;
  readonly #timeoutMs: number;

  constructor(options: { readonly pages: PageHandler; readonly log: Log; readonly timeoutMs: number }) {
    this.#pages = options.pages;
    this.#log = options.log;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Whether there is anything to serve after the landing page. */
  get hasFurtherPages(): boolean {
    return typeof this.#pages.page === "function";
  }

  /** The page at the end of the login: 200 after a success, 400 after a failure, unless the handler says otherwise. */
  async lastPage(outcome: LoginOutcome): Promise<ReadyPage> {
    const context = contextOf(outcome);
    const fallback = builtIn(outcome);
    if (outcome.ok) return await this.#ask("landingPage", () => this.#pages.landingPage(context), 200, fallback, 200);
    const { error } = outcome;
    if (typeof this.#pages.errorPage !== "function") return ready(await fallback(), 400);
    return await this.#ask("errorPage", () => this.#pages.errorPage?.(error, context), 400, fallback, 400);
  }

  /** A page on a further path. Where the handler fails the person is still signed in, and reads that. */
  async furtherPage(url: URL, outcome: LoginOutcome): Promise<ReadyPage> {
    const context = contextOf(outcome);
    return await this.#ask("page", () => this.#pages.page?.(url, context), 200, builtIn(outcome), 500);
  }

  async #ask(
    method: string,
    make: () => Page | Promise<Page> | undefined,
    status: number,
    fallback: () => Promise<Page>,
    fallbackStatus: number,
  ): Promise<ReadyPage> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("late")), this.#timeoutMs);
      });
      // A call that throws at once rejects here too.
      const made = (async () => await make())();
      return ready(await Promise.race([made, late]), status);
    } catch {
      // What it threw is not logged: it may hold the token that the handler was given.
      this.#log.warn(
        `pageHandler.${method} failed or took longer than ${this.#timeoutMs / 1000} s; the built-in page is shown`,
      );
      return ready(await fallback(), fallbackStatus);
    } finally {
      clearTimeout(timer);
    }
  }
}

function contextOf(outcome: LoginOutcome): PageContext {
  return { getAccessToken: async () => (outcome.ok ? await outcome.getAccessToken() : Promise.reject(outcome.error)) };
}

/** The pages of nobody in particular. */
function builtIn(outcome: LoginOutcome): () => Promise<Page> {
  const program = { product: "the application" };
  return async () => {
    try {
      const { failedPage, signedInPage } = await import("../pages/template.js");
      return { html: outcome.ok ? signedInPage(program) : failedPage(program, outcome.error) };
    } catch {
      // The template is read from the disk now, and the package may have been replaced while the person signed in.
      const title = outcome.ok ? "You are signed in" : "The sign-in did not succeed";
      return {
        html: `<!doctype html><html lang="en"><title>${title}</title><p>${title}. You can close this window.</p></html>`,
      };
    }
  };
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
