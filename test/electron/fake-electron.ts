/**
 * The parts of `electron` that the library touches, as Electron documents them: every message is a structured clone, what a
 * handler throws arrives as a wrapped sentence, what crosses the context bridge is copied, frames that are gone throw.
 */
import { EventEmitter } from "node:events";
import { vi } from "vitest";
import type { ElectronInvokeEvent, ElectronIpcMain } from "../../src/electron/main.js";
import { exposeTokens } from "../../src/electron/preload.js";
import { OidcClient, type RendererClientOptions } from "../../src/electron/renderer.js";

type Handler = (event: ElectronInvokeEvent, message: unknown) => Promise<unknown>;

/** One message that crossed, whichever way. */
export interface Crossed {
  readonly to: "main" | "renderer";
  readonly channel: string;
  readonly value: unknown;
}

/** One app: its `ipcMain`, its windows, and all that went between them. */
export class FakeElectron {
  readonly crossed: Crossed[] = [];
  readonly handlers = new Map<string, Handler>();
  /** The clients of all pages. */
  readonly clients: OidcClient[] = [];
  #lastId = 0;

  readonly ipcMain: ElectronIpcMain = {
    handle: (channel, listener) => {
      if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
      this.handlers.set(channel, listener);
    },
    removeHandler: (channel) => void this.handlers.delete(channel),
  };

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  openWindow(url: string): FakeWindow {
    return new FakeWindow(this, url);
  }

  /** The calls that came to the main process, without the cancels. */
  calls(method: string): number {
    return this.crossed.filter(({ to, value }) => to === "main" && (value as { method?: string }).method === method)
      .length;
  }
}

/** `WebContents` */
export class FakeWindow extends EventEmitter {
  readonly processId: number;
  frame: FakeFrame;

  constructor(
    readonly electron: FakeElectron,
    url: string,
  ) {
    super();
    this.processId = electron.nextId();
    this.frame = new FakeFrame(this, url, null);
  }

  /** Shows another document in the top frame. `keepFrame`: as between pages of one site, where the frame stays. */
  navigate(url: string, { keepFrame = false } = {}): FakeFrame {
    const before = this.frame;
    before.isGone = true;
    const { processId, routingId } = before.ids;
    const now = new FakeFrame(this, url, null, keepFrame ? routingId : undefined);
    this.frame = now;
    this.emit("did-frame-navigate", {}, url, 200, "OK", true, processId, now.ids.routingId);
    return now;
  }

  openSubframe(url: string): FakeFrame {
    return new FakeFrame(this, url, this.frame);
  }

  destroy(): void {
    this.frame.isGone = true;
    this.emit("destroyed");
  }
}

/** `WebFrameMain`, and the two worlds of the document in it. */
export class FakeFrame {
  isGone = false;
  /** What a test sets to keep answers from arriving. */
  held: Promise<void> | undefined;
  /** `navigator.userActivation.isActive` of the page. */
  userActivation = false;
  readonly ids: { readonly processId: number; readonly routingId: number };
  /** What the preload script put into the page. */
  readonly globals: Record<string, unknown> = {};
  readonly #listeners = new Map<string, ((event: unknown, data: unknown) => void)[]>();

  constructor(
    readonly window: FakeWindow,
    private readonly address: string,
    private readonly above: FakeFrame | null,
    routingId?: number,
  ) {
    this.ids = { processId: window.processId, routingId: routingId ?? window.electron.nextId() };
  }

  get url(): string {
    return this.#alive(this.address);
  }

  /** As Chromium serializes it: also for an app's own scheme, and "file://" for files. */
  get origin(): string {
    const { protocol, host } = new URL(this.address);
    return this.#alive(protocol === "data:" ? "null" : `${protocol}//${host}`);
  }

  get parent(): FakeFrame | null {
    return this.#alive(this.above);
  }

  send(channel: string, data: unknown): void {
    this.#alive(undefined);
    const value: unknown = structuredClone(data);
    this.window.electron.crossed.push({ to: "renderer", channel, value });
    for (const listener of this.#listeners.get(channel) ?? []) listener({ sender: "ipcRenderer" }, value);
  }

  readonly ipcRenderer = {
    invoke: async (channel: string, message: unknown): Promise<unknown> => {
      const { electron } = this.window;
      const value: unknown = structuredClone(message);
      electron.crossed.push({ to: "main", channel, value });
      const event = this.#event();
      await new Promise(setImmediate);
      const handler = electron.handlers.get(channel);
      const answer = await (handler
        ? handler(event, value)
        : Promise.reject(new Error(`No handler registered for '${channel}'`))
      ).catch((error: unknown) => {
        throw new Error(`Error invoking remote method '${channel}': ${String(error)}`);
      });
      const copy: unknown = structuredClone(answer);
      electron.crossed.push({ to: "renderer", channel, value: copy });
      await this.held;
      // A document that is gone hears nothing any more.
      return this.isGone ? await new Promise(() => {}) : copy;
    },
    on: (channel: string, listener: (event: unknown, data: unknown) => void) => {
      this.#listeners.set(channel, [...(this.#listeners.get(channel) ?? []), listener]);
    },
  };

  readonly contextBridge = {
    exposeInMainWorld: (key: string, api: unknown) => {
      if (key in this.globals)
        throw new Error("Cannot bind an API on top of an existing property on the window object");
      this.globals[key] = acrossWorlds(api);
    },
  };

  /** Runs the preload script. */
  preload(options?: Parameters<typeof exposeTokens>[1]): this {
    exposeTokens(this, options);
    const bridge = this.globals.keystoneAuthBridge as { call: (...parts: unknown[]) => unknown };
    const { call } = bridge;
    // The page's navigator is the preload script's too: that of the document that calls.
    bridge.call = (...parts) => {
      vi.stubGlobal("navigator", { userActivation: { isActive: this.userActivation } });
      return call(...parts);
    };
    return this;
  }

  /** A client as the page makes it. */
  client(options?: RendererClientOptions): OidcClient {
    vi.stubGlobal("navigator", { userActivation: { isActive: this.userActivation } });
    vi.stubGlobal("keystoneAuthBridge", this.globals.keystoneAuthBridge);
    try {
      const client = new OidcClient(options);
      this.window.electron.clients.push(client);
      return client;
    } finally {
      vi.stubGlobal("keystoneAuthBridge", undefined);
    }
  }

  #event(): ElectronInvokeEvent {
    const frame = this as FakeFrame;
    return {
      sender: this.window,
      processId: this.ids.processId,
      frameId: this.ids.routingId,
      get senderFrame() {
        return frame.isGone ? null : frame;
      },
    };
  }

  #alive<T>(value: T): T {
    if (this.isGone) throw new Error("Render frame was disposed before WebFrameMain could be accessed");
    return value;
  }
}

/** What the context bridge does to a value: copies data, stands in for functions and promises, knows no prototypes. */
export function acrossWorlds(value: unknown): unknown {
  if (typeof value === "function") {
    return (...parts: unknown[]) => {
      try {
        return acrossWorlds((value as (...given: unknown[]) => unknown)(...parts.map(acrossWorlds)));
      } catch (error) {
        throw new Error(error instanceof Error ? error.message : "An unknown exception occurred");
      }
    };
  }
  if (value instanceof Promise) {
    return value.then(acrossWorlds, (error: unknown) => {
      throw new Error(error instanceof Error ? error.message : String(error));
    });
  }
  if (typeof value === "symbol") throw new Error("An object could not be cloned.");
  if (Array.isArray(value)) return value.map(acrossWorlds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, acrossWorlds(inner)]));
}
