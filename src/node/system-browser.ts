/** The system's own browser (RFC 8252 §6). */
import type { ChildProcess } from "node:child_process";

/** An opener that fails does so at once; one that is still there after this has shown something or hangs. */
const WATCH_MS = 3000;

/**
 * Opens the address. Rejects where the opener cannot be started or says that it failed. One that hangs counts as opened:
 * the address is shown as well, so that the person can go on by hand.
 */
export async function openSystemBrowser(url: string): Promise<void> {
  // Whatever is handed to an opener is run by it: no other scheme may ever get here.
  if (!/^https?:\/\//.test(url)) throw new TypeError("only http and https addresses are opened");
  const { default: open } = await import("open");
  const child = await open(url);
  child.unref();
  await exit(child);
}

function exit(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null) return child.exitCode === 0 ? resolve() : reject(new Error("the opener failed"));
    const timer = setTimeout(resolve, WATCH_MS);
    // The wait must not keep a program alive that has its token already.
    timer.unref();
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code === 0 || code === null) resolve();
      else reject(new Error("the opener failed"));
    });
  });
}
