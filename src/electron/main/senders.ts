/** Which frames may ask: checked for each message, since a frame may have navigated since the last one. */
import { ConfigurationError } from "../../errors.js";
import { oneLine } from "../../options/log.js";
import type { ElectronFrame, ElectronInvokeEvent } from "./electron-types.js";
import { NO_ORIGIN, type ServeConfig } from "./serve-options.js";

/** The frame that sent the message. @throws ConfigurationError (`configuration`) where it may not have tokens */
export function checkSender(event: ElectronInvokeEvent, config: ServeConfig): ElectronFrame {
  const frame = frameOf(event);
  if (frame === null) refuseSender("its frame has navigated or is gone.");
  return checkFrame(frame, config);
}

/** @throws ConfigurationError (`configuration`) */
export function checkFrame(frame: ElectronFrame, config: ServeConfig): ElectronFrame {
  const read = readFrame(frame);
  if (read === undefined) refuseSender("its frame has navigated or is gone.");
  const { origin, url, isTop } = read;
  // Whoever can open a file or a data: address in the window would have the same origin.
  if (origin === "null" || /^file:/i.test(origin) || /^file:/i.test(url)) refuseSender(NO_ORIGIN);
  if (config.origins !== undefined) {
    if (!isTop) refuseSender("it is a frame inside another page, and allowedOrigins serves top frames only.");
    if (!config.origins.has(origin)) refuseSender(`its origin, ${oneLine(origin, 100)}, is not among allowedOrigins.`);
    return frame;
  }
  if (!askProgram(frame, config)) refuseSender("isAllowed did not give true for its frame.");
  return frame;
}

function askProgram(frame: ElectronFrame, config: ServeConfig): boolean {
  try {
    const allowed = config.isAllowed?.(frame);
    // A promise is truthy: an async isAllowed must not let everybody in.
    if (allowed instanceof Promise) allowed.catch(() => {});
    return allowed === true;
  } catch {
    return false;
  }
}

/** A getter of a frame that is gone throws, or gives null. */
function frameOf(event: ElectronInvokeEvent): ElectronFrame | null {
  try {
    return event.senderFrame ?? null;
  } catch {
    return null;
  }
}

function readFrame(frame: ElectronFrame): { origin: string; url: string; isTop: boolean } | undefined {
  try {
    const { origin, url, parent, detached } = frame;
    const isThere = typeof origin === "string" && typeof url === "string" && detached !== true;
    return isThere ? { origin, url, isTop: parent === null } : undefined;
  } catch {
    return undefined;
  }
}

function refuseSender(why: string): never {
  throw new ConfigurationError("sender", `The main process does not serve this page: ${why}`);
}
