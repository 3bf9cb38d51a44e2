/**
 * The few parts of `electron` that the main side touches, as shapes: the package is neither imported nor needed for the
 * types. Electron's own `ipcMain`, `WebFrameMain` and `WebContents` fit them.
 */

/** A frame of a window: `WebFrameMain`. */
export interface ElectronFrame {
  /** RFC 6454; `"null"` for a page without one, `"file://"` for a file. */
  readonly origin: string;
  readonly url: string;
  /** `null` for the top frame. */
  readonly parent: ElectronFrame | null;
  /** True for a frame that is being taken out of its page; its `parent` may be gone before it. */
  readonly detached?: boolean;
  send(channel: string, ...args: unknown[]): void;
}

/** The contents of a window: `WebContents`. */
export interface ElectronSender {
  on(event: "did-frame-navigate", listener: (...args: FrameNavigation) => void): unknown;
  on(event: "destroyed" | "render-process-gone", listener: () => void): unknown;
  removeListener(event: "did-frame-navigate", listener: (...args: FrameNavigation) => void): unknown;
  removeListener(event: "destroyed" | "render-process-gone", listener: () => void): unknown;
}

/** What `did-frame-navigate` emits: a frame shows another document now. */
export type FrameNavigation = [
  event: unknown,
  url: string,
  httpResponseCode: number,
  httpStatusText: string,
  isMainFrame: boolean,
  frameProcessId: number,
  frameRoutingId: number,
];

/** `IpcMainInvokeEvent` */
export interface ElectronInvokeEvent {
  readonly sender: ElectronSender;
  /** `null` when the frame has navigated or was destroyed since. */
  readonly senderFrame: ElectronFrame | null;
  readonly processId: number;
  readonly frameId: number;
}

/** `ipcMain` */
export interface ElectronIpcMain {
  handle(channel: string, listener: (event: ElectronInvokeEvent, message: unknown) => Promise<unknown>): void;
  removeHandler(channel: string): void;
}
