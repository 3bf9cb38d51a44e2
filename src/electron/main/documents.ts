/** The documents in the app's windows that call the main process, and what each of them has under way there. */
import { AbortedError, ConfigurationError } from "../../errors.js";
import type { ElectronFrame, ElectronInvokeEvent, ElectronSender, FrameNavigation } from "./senders.js";

/** More than a page of honest intent has at once: calls for the same token are joined in the renderer. */
const MOST_CALLS = 1024;

/** One document in one frame, from its first message until it is gone. */
export class OpenDocument {
  readonly #calls = new Map<number, AbortController>();
  #gone: AbortedError | undefined;
  /** Whether this document's first message has overtaken the event which says that its frame shows it. */
  isAheadOfEvent = false;

  constructor(
    readonly name: string,
    readonly frame: ElectronFrame,
    private readonly forget: () => void,
  ) {}

  /** Runs a call that ends when the document cancels it or goes away. @throws ConfigurationError where there are too many */
  async run<T>(id: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#calls.has(id)) throw new ConfigurationError("id", "The main process refused the call: its id is in use.");
    if (this.#calls.size >= MOST_CALLS) {
      const why = `this page has ${MOST_CALLS} calls under way. Call again when some have ended.`;
      throw new ConfigurationError("calls", `The main process refused the call: ${why}`);
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

  end(why = "The page that asked has gone."): void {
    if (this.#gone) return;
    this.#gone = new AbortedError(why);
    for (const controller of this.#calls.values()) controller.abort();
    this.forget();
  }
}

interface Window {
  /** The frame that shows the window's page, as far as it is known. */
  topFrame: string | undefined;
  /** By frame: a frame shows one document at a time. A document that is gone is not there. */
  readonly documents: Map<string, OpenDocument>;
  readonly release: () => void;
}

const frameKey = (processId: number, routingId: number) => `${processId}.${routingId}`;

export class OpenDocuments {
  readonly #windows = new Map<ElectronSender, Window>();

  /** The document that a message is from. A new document in a frame ends the one before it. */
  of(event: ElectronInvokeEvent, frame: ElectronFrame, name: string): OpenDocument {
    const window = this.#windows.get(event.sender) ?? this.#watch(event.sender);
    const { documents } = window;
    const key = frameKey(event.processId, event.frameId);
    if (frame.parent === null) window.topFrame ??= key;
    const known = documents.get(key);
    if (known?.name === name) return known;
    known?.end();
    const document = new OpenDocument(name, frame, () => void documents.delete(key));
    // Where the event of a navigation had come, the document before this one would not be there any more.
    document.isAheadOfEvent = known !== undefined;
    documents.set(key, document);
    return document;
  }

  all(): OpenDocument[] {
    return [...this.#windows.values()].flatMap(({ documents }) => [...documents.values()]);
  }

  close(why: string): void {
    for (const document of this.all()) document.end(why);
    for (const { release } of this.#windows.values()) release();
    this.#windows.clear();
  }

  #watch(sender: ElectronSender): Window {
    const documents = new Map<string, OpenDocument>();
    const endAll = () => {
      for (const document of documents.values()) document.end();
    };
    const onNavigate = (...[, , , , isMainFrame, processId, routingId]: FrameNavigation) => {
      const key = frameKey(processId, routingId);
      const shown = documents.get(key);
      // In a frame that the window did not show before there is no other document than the new one.
      const isNew = shown?.isAheadOfEvent === true || (isMainFrame && key !== window.topFrame);
      if (shown) shown.isAheadOfEvent = false;
      // With the top frame go the frames inside it.
      const gone = isMainFrame ? [...documents.values()] : [shown];
      for (const document of gone) if (document !== shown || !isNew) document?.end();
      if (isMainFrame) window.topFrame = key;
    };
    const onDestroyed = () => {
      endAll();
      listen("removeListener");
      this.#windows.delete(sender);
    };
    const listen = (method: "on" | "removeListener") => {
      sender[method]("did-frame-navigate", onNavigate);
      sender[method]("render-process-gone", endAll);
      sender[method]("destroyed", onDestroyed);
    };
    listen("on");
    const window: Window = { documents, topFrame: undefined, release: () => listen("removeListener") };
    this.#windows.set(sender, window);
    return window;
  }
}
