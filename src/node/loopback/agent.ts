/** Carries an authorization request to the browser and takes the response at a loopback address (RFC 8252 §7.3). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AbortedError } from "../../errors.js";
import type { LoopbackAddress } from "../../options/config.js";
import type { AuthorizationAgent, AuthorizationPrompt, Log, LoginOutcome, PageHandler } from "../../ports.js";
import { readCallback } from "./request.js";
import { PageMaker, type ReadyPage, sendNeutral, sendPage, ServedPages } from "./pages.js";
import { CallbackServer } from "./server.js";

export interface LoopbackAgentOptions {
  readonly loopback: LoopbackAddress;
  readonly pages: PageHandler;
  /** Shows the URL to the person. It may take as long as it likes; a rejection does not end the wait. */
  readonly show: (url: string, redirectUri: string) => Promise<void>;
  readonly log: Log;
  /** Waits for the response to be pasted; the first of the two counts. */
  readonly pasted?: (state: string, signal: AbortSignal) => Promise<URLSearchParams>;
  /** Told once of an error redirect that carries no `state`, which nobody can tell from a stranger's. */
  readonly onStray?: (error: string) => void;
  /** How long a page handler may take, in milliseconds. [5,000] */
  readonly pageTimeoutMs?: number;
  /** How long further pages wait for a request, in milliseconds. [10,000] */
  readonly idleMs?: number;
  /** Fires when the client is closed: further pages end then. */
  readonly closing?: AbortSignal;
}

const PAGE_MS = 5_000;
const IDLE_MS = 10_000;
// Reloads and prefetches of one callback that wait for its page; more is not a browser.
const MAX_HELD = 16;

/** The agents whose pages outlive their login. */
const serving = new Set<LoopbackAgent>();

export class LoopbackAgent implements AuthorizationAgent {
  readonly #pages: PageMaker;
  readonly #path: string;
  readonly #held = new Set<ServerResponse>();
  #server: CallbackServer | undefined;
  #redirectUri = "";
  #state: string | undefined;
  #hasToldStray = false;
  /** The parameters of the accepted callback, to know a repetition of it. */
  #accepted: string | undefined;
  #arrive: ((response: URLSearchParams) => void) | undefined;
  #page: ReadyPage | undefined;
  #served: ServedPages | undefined;
  #settling: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(private readonly options: LoopbackAgentOptions) {
    this.#path = options.loopback.path === "" ? "/" : options.loopback.path;
    this.#pages = new PageMaker(options.pages, options.log, options.pageTimeoutMs ?? PAGE_MS);
  }

  async prepare(signal: AbortSignal): Promise<{ readonly redirectUri: string }> {
    signal.throwIfAborted();
    const { loopback, log } = this.options;
    // A new login on a fixed port must not wait until the pages of the last one are idle.
    await Promise.all([...serving].map((other) => other.#giveBack(loopback.ports)));
    const server = await CallbackServer.open(loopback, (request, response) => this.#answer(request, response));
    this.#server = server;
    if (signal.aborted || this.#closed.signal.aborted) {
      await server.close();
      throw signal.aborted ? signal.reason : this.#closed.signal.reason;
    }
    log.debug(`the loopback server listens at ${server.authority}`);
    this.#redirectUri = `http://${server.authority}${loopback.path}`;
    return { redirectUri: this.#redirectUri };
  }

  async authorize(prompt: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    stop.throwIfAborted();
    const done = new AbortController();
    const arrived = new Promise<URLSearchParams>((resolve, reject) => {
      this.#arrive = resolve;
      stop.addEventListener("abort", () => reject(stop.reason), { once: true, signal: done.signal });
    });
    this.#state = prompt.state;
    try {
      void this.#show(prompt.url);
      void this.#waitForPasted(prompt.state, AbortSignal.any([stop, done.signal]));
      return await arrived;
    } finally {
      done.abort();
      this.#arrive = undefined;
      // Nobody waits any more: who comes now is a stranger.
      if (this.#accepted === undefined) this.#state = undefined;
    }
  }

  settle(outcome: LoginOutcome): Promise<void> {
    this.#settling ??= this.#settle(outcome).catch(() => {});
    return this.#settling;
  }

  /**
   * Gives the port back. After a landing page that said `keepServing` the further pages outlive the login: the port is
   * given back when they end, by the handler's word or 10 s after the last request.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch(() => {});
    return this.#closing;
  }

  async #show(url: string): Promise<void> {
    try {
      await this.options.show(url, this.#redirectUri);
    } catch {
      // Its message may hold the URL, and so the state.
      this.options.log.warn("the address of the sign-in could not be shown; the sign-in still waits for the browser");
    }
  }

  async #waitForPasted(state: string, signal: AbortSignal): Promise<void> {
    try {
      const response = await this.options.pasted?.(state, signal);
      if (response === undefined || signal.aborted || this.#accepted !== undefined) return;
      this.#accepted = response.toString();
      this.#arrive?.(response);
    } catch {
      if (!signal.aborted) this.options.log.warn("no answer can be pasted; the sign-in still waits for the browser");
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    const callback = readCallback(request, this.#server?.authority ?? "", this.#path, this.#state);
    if (callback instanceof URLSearchParams) return this.#answerCallback(callback, response);
    if (this.#served !== undefined) return void this.#served.answer(request, response).catch(() => response.destroy());
    this.options.log.debug(`a request that is not the callback got ${callback.status}`);
    this.#tellStray(callback.error);
    void sendNeutral(response, callback.status);
  }

  #tellStray(error: string | undefined): void {
    if (error === undefined || this.#state === undefined || this.#hasToldStray) return;
    this.#hasToldStray = true;
    this.options.onStray?.(error);
  }

  #answerCallback(callback: URLSearchParams, response: ServerResponse): void {
    const parameters = callback.toString();
    // One answer per login; the same one again is a reload or a prefetch, and sees the same page.
    if (this.#accepted !== undefined && this.#accepted !== parameters) return void sendNeutral(response, 400);
    if (this.#page !== undefined) return void sendPage(response, this.#page);
    if (this.#closed.signal.aborted || this.#held.size >= MAX_HELD) return void sendNeutral(response, 503);
    this.#accepted = parameters;
    this.#held.add(response);
    this.#server?.keep(response);
    response.once("close", () => this.#held.delete(response));
    this.#arrive?.(callback);
  }

  async #settle(outcome: LoginOutcome): Promise<void> {
    const server = this.#server;
    if (server === undefined || this.#closed.signal.aborted) return;
    if (this.#held.size === 0) return await server.close();
    const page = await this.#pages.lastPage(outcome);
    this.#page = page;
    const goesOn =
      outcome.ok && page.keepServing && this.#pages.hasFurtherPages && this.options.closing?.aborted !== true;
    if (goesOn) this.#serve(server, outcome);
    else server.stopListening();
    await Promise.all([...this.#held].map((response) => sendPage(response, page)));
    if (!goesOn) await server.close();
  }

  #serve(server: CallbackServer, outcome: LoginOutcome): void {
    const { closing } = this.options;
    const end = () => this.#served?.end();
    serving.add(this);
    closing?.addEventListener("abort", end);
    const address = { authority: server.authority, callbackPath: this.#path };
    this.#served = new ServedPages(this.#pages, outcome, address, this.options.idleMs ?? IDLE_MS, () => {
      serving.delete(this);
      closing?.removeEventListener("abort", end);
      void server.close();
    });
  }

  async #giveBack(ports: readonly number[]): Promise<void> {
    const server = this.#server;
    if (server === undefined || !ports.includes(server.port)) return;
    this.#served?.end();
    await server.close();
  }

  async #close(): Promise<void> {
    this.#closed.abort(new AbortedError("The sign-in was ended before the browser came back."));
    const server = this.#server;
    if (server === undefined) return;
    if (this.#settling === undefined) {
      server.stopListening();
      await Promise.all([...this.#held].map((response) => sendNeutral(response, 503)));
    }
    await this.#settling;
    if (this.#served === undefined) await server.close();
  }
}
