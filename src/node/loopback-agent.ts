/**
 * The loopback server of one login (RFC 8252 §7.3). It takes the one request that carries our state to the exact path;
 * everything else is a stranger that gets a 4xx and changes nothing. The request is held until the tokens are stored.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EnvironmentError } from "../errors.js";
import type { LoopbackOptions } from "../options.js";
import type { AuthorizationAgent, AuthorizationPrompt, Log, LoginOutcome, PageContext, PageHandler } from "../ports.js";
import { renderError, renderFurther, renderLanding, sendPage, sendStranger } from "./loopback-pages.js";

const KEEP_SERVING_MS = 10_000;
const DELIVER_MS = 1000;
const LONGEST_RENDER_MS = 5000;

export interface LoopbackTools {
  readonly loopback: Required<LoopbackOptions>;
  readonly pages: PageHandler;
  readonly log: Log;
  /** Shows the address to the person; not waited for. */
  readonly show: (url: string) => Promise<void>;
  /** The response pasted by hand, where there is a terminal. */
  readonly pasted?: (state: string, signal: AbortSignal) => Promise<URLSearchParams>;
}

interface Waiting {
  readonly state: string;
  readonly arrived: (parameters: URLSearchParams) => void;
}

export class LoopbackAgent implements AuthorizationAgent {
  readonly #servers: Server[] = [];
  readonly #outcome: Promise<LoginOutcome>;
  readonly #held = new Set<Promise<unknown>>();
  #settle: (outcome: LoginOutcome) => void = () => {};
  #authority = "";
  #waiting: Waiting | undefined;
  #further: PageContext | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly tools: LoopbackTools) {
    this.#outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async prepare(signal: AbortSignal): Promise<{ redirectUri: string }> {
    const { host, ports, path } = this.tools.loopback;
    for (const port of ports) {
      signal.throwIfAborted();
      const bound = await this.#bind(port, host === "localhost" ? "127.0.0.1" : host);
      if (bound === undefined) continue;
      if (host === "localhost") await this.#bind(bound, "::1");
      this.#authority = `${host === "::1" ? "[::1]" : host}:${bound}`;
      return { redirectUri: `http://${this.#authority}${path}` };
    }
    throw new EnvironmentError(
      `None of the loopback ports ${ports.join(", ")} is free (option loopback.ports). Nothing was sent; end the program that uses them, or give others.`,
    );
  }

  async authorize({ url, state }: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const over = new AbortController();
    try {
      return await new Promise<URLSearchParams>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
        this.#waiting = { state, arrived: resolve };
        this.tools.show(url).catch(() => this.tools.log.warn("the address could not be shown"));
        this.tools.pasted?.(state, over.signal).then(resolve, () => {});
      });
    } finally {
      over.abort();
    }
  }

  async settle(outcome: LoginOutcome): Promise<void> {
    this.#settle(outcome);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_RENDER_MS + DELIVER_MS);
    });
    await Promise.race([Promise.allSettled(this.#held), late]);
    clearTimeout(timer);
  }

  close(): Promise<void> {
    // Further pages go on being served for a while; the login itself has ended.
    if (this.#further === undefined) this.#end();
    return Promise.resolve();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #bind(port: number, host: string): Promise<number | undefined> {
    const limits = { maxHeaderSize: 65_536, requestTimeout: 30_000, headersTimeout: 10_000 };
    const server = createServer(limits, (request, response) => this.#answer(request, response));
    return new Promise((resolve) => {
      server.once("error", () => resolve(undefined));
      server.listen(port, host, () => {
        server.on("error", () => {});
        server.on("clientError", (_error, socket) => socket.destroy());
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    const target = request.url ?? "";
    const cut = target.indexOf("?");
    const path = cut < 0 ? target : target.slice(0, cut);
    if (request.method !== "GET") return sendStranger(response, 405);
    // Another Host under our address is DNS rebinding.
    if (request.headers.host !== this.#authority) return sendStranger(response, 421);
    const parameters = new URLSearchParams(cut < 0 ? "" : target.slice(cut + 1));
    if (this.#further && !parameters.has("state")) return this.#serveFurther(target, response, this.#further);
    if (path !== (this.tools.loopback.path || "/")) return sendStranger(response, 404);
    if (this.#waiting === undefined || !parameters.getAll("state").includes(this.#waiting.state)) return sendStranger(response, 400);
    this.#waiting.arrived(parameters);
    const held = this.#hold(response);
    this.#held.add(held);
    void held.finally(() => this.#held.delete(held));
  }

  /** A second request for the same response waits for the same outcome. */
  async #hold(response: ServerResponse): Promise<void> {
    const gone = new Promise<"gone">((resolve) => response.once("close", () => resolve("gone")));
    const outcome = await Promise.race([this.#outcome, gone]);
    if (outcome === "gone") return;
    const { pages } = this.tools;
    const page = outcome.ok ? await renderLanding(pages, outcome) : await renderError(pages, outcome.error);
    if (outcome.ok && page.keepServing && pages.page) this.#goOn(outcome);
    await sendPage(response, page, outcome.ok ? 200 : 400);
  }

  #goOn(context: PageContext): void {
    this.#further = context;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#stopServing(), KEEP_SERVING_MS);
  }

  #serveFurther(target: string, response: ServerResponse, context: PageContext): void {
    const address = `http://${this.#authority}${target}`;
    if (!target.startsWith("/") || !URL.canParse(address)) return sendStranger(response, 400);
    this.#goOn(context);
    const serve = async () => {
      const page = await renderFurther(this.tools.pages, new URL(address), context);
      await sendPage(response, page, 200);
      if (!page.keepServing) this.#stopServing();
    };
    void serve();
  }

  #stopServing(): void {
    this.#further = undefined;
    this.#end();
  }
}
