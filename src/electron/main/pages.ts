/** The documents that talk to the main process, and what each of them has under way there. */
import { AbortedError, ConfigurationError } from "../../errors.js";
import type { ElectronFrame, ElectronInvokeEvent, ElectronSender, FrameNavigation } from "./electron-parts.js";

/** More than a page of honest intent has at once: calls for the same token are joined in the renderer. */
const MOST_CALLS = 1024;

/** One document in one frame, from its first message until it is gone. */
export class Page {
  readonly #calls = new Map<number, AbortController>();
  #gone: AbortedError | undefined;

  constructor(
    readonly name: string,
    readonly frame: ElectronFrame,
  ) {}

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** Runs a call that ends when the page cancels it or goes away. @throws ConfigurationError where there are too many */
  async run<T>(id: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#gone) throw this.#gone;
    if (this.#calls.has(id)) throw new ConfigurationError("id", "The main process refused the call: its id is in use.");
    if (this.#calls.size >= MOST_CALLS) {
      throw new ConfigurationError(
        "calls",
        `The main process refused the call: this page has ${MOST_CALLS} calls under way. Nothing was done; call again when some have ended.`,
      );
    }
    const controller = new AbortController();
    this.#calls.set(id, controller);
    try {
      const result = await work(controller.signal);
      if (this.#gone) throw this.#gone;
      return result;
    } finally {
      this.#calls.delete(id);
    }
  }

  cancel(id: number): void {
    this.#calls.get(id)?.abort();
  }

  end(why: string): void {
    this.#gone ??= new AbortedError(why);
    for (const controller of this.#calls.values()) controller.abort();
  }
}

interface Window {
  /** By frame: a frame shows one document at a time. */
  readonly pages: Map<string, Page>;
  readonly release: () => void;
}

export class Pages {
  readonly #windows = new Map<ElectronSender, Window>();

  /** The page that a message is from. A new document in a frame ends the one before it. */
  of(event: ElectronInvokeEvent, frame: ElectronFrame, name: string): Page {
    const { pages } = this.#windows.get(event.sender) ?? this.#watch(event.sender);
    const key = frameKey(event.processId, event.frameId);
    const known = pages.get(key);
    if (known?.name === name && !known.isGone) return known;
    known?.end(GONE);
    const page = new Page(name, frame);
    pages.set(key, page);
    return page;
  }

  all(): Page[] {
    return [...this.#windows.values()].flatMap(({ pages }) => [...pages.values()]);
  }

  drop(page: Page): void {
    page.end(GONE);
    for (const { pages } of this.#windows.values()) {
      for (const [key, known] of pages) if (known === page) pages.delete(key);
    }
  }

  close(why: string): void {
    for (const page of this.all()) page.end(why);
    for (const { release } of this.#windows.values()) release();
    this.#windows.clear();
  }

  #watch(sender: ElectronSender): Window {
    const pages = new Map<string, Page>();
    const endAll = () => {
      for (const page of pages.values()) page.end(GONE);
      pages.clear();
    };
    const onNavigate = (...[, , , , isMainFrame, processId, routingId]: FrameNavigation) => {
      // With the top frame go the frames inside it.
      if (isMainFrame) return endAll();
      const key = frameKey(processId, routingId);
      pages.get(key)?.end(GONE);
      pages.delete(key);
    };
    const onDestroyed = () => {
      endAll();
      release();
      this.#windows.delete(sender);
    };
    const release = () => {
      sender.removeListener("did-frame-navigate", onNavigate);
      sender.removeListener("render-process-gone", endAll);
      sender.removeListener("destroyed", onDestroyed);
    };
    sender.on("did-frame-navigate", onNavigate);
    sender.on("render-process-gone", endAll);
    sender.on("destroyed", onDestroyed);
    const window = { pages, release };
    this.#windows.set(sender, window);
    return window;
  }
}

const GONE = "The page that asked has gone; the session is as it was.";
const frameKey = (processId: number, routingId: number) => `${processId}.${routingId}`;
