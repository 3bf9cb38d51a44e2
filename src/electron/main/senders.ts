/**
 * The frames that send, as shapes: the package `electron` is neither imported nor needed for the types, and its own
 * `ipcMain`, `WebFrameMain` and `WebContents` fit them. And which frames may ask: checked for each message, since a frame
 * may have navigated since the last one.
 */
import { ConfigurationError } from "../../errors.js";
import { oneLine } from "../../options/log.js";

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

/** Which frames are served: by one of the two. @internal */
export interface ServedFrames {
  readonly origins: ReadonlySet<string> | undefined;
  readonly isAllowed: ((frame: ElectronFrame) => unknown) | undefined;
}

/** @internal */
export const NO_ORIGIN =
  "pages of file: addresses and of sandboxed frames have no origin by which they could be known apart. Serve the page by a " +
  "scheme of your own that is registered as standard and secure (protocol.registerSchemesAsPrivileged).";

/** The frame that sent the message. @throws ConfigurationError (`configuration`) where it may not have tokens @internal */
export function checkSender(event: ElectronInvokeEvent, served: ServedFrames): ElectronFrame {
  return checkFrame(
    attempt(() => event.senderFrame),
    served,
  );
}

/** @throws ConfigurationError (`configuration`) @internal */
export function checkFrame(
  frame: ElectronFrame | null | undefined,
  { origins, isAllowed }: ServedFrames,
): ElectronFrame {
  // Read at once: where one of these throws, the frame is gone.
  const read = attempt(() => {
    const { origin, url, parent, detached } = frame as ElectronFrame;
    return { origin, url, isTop: parent === null, isLeaving: detached === true };
  });
  const isThere = typeof read?.origin === "string" && typeof read.url === "string" && !read.isLeaving;
  if (!frame || !isThere) refuseSender("its frame has navigated or is gone.");
  const { origin, url, isTop } = read;
  // Whoever can open a file or a data: address in the window would have the same origin.
  if (origin === "null" || /^file:/i.test(origin) || /^file:/i.test(url)) refuseSender(NO_ORIGIN);
  if (origins !== undefined) {
    if (!isTop) refuseSender("it is a frame inside another page, and allowedOrigins serves top frames only.");
    if (!origins.has(origin)) refuseSender(`its origin, ${oneLine(origin, 100)}, is not among allowedOrigins.`);
    return frame;
  }
  const allowed = attempt(() => isAllowed?.(frame));
  // A promise is truthy: an async isAllowed must not let everybody in.
  if (allowed instanceof Promise) allowed.catch(() => {});
  if (allowed !== true) refuseSender("isAllowed did not give true for its frame.");
  return frame;
}

/** A getter of a frame that is gone throws, or gives null; the program's function may throw too. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function refuseSender(why: string): never {
  throw new ConfigurationError("sender", `The main process does not serve this page: ${why}`);
}
