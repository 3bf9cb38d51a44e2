/** The system's own browser (RFC 8252 §6). */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Options } from "open";
import { codeOf, EnvironmentError } from "../errors.js";

/** An opener that fails does so soon; one that is still there after this has shown something, or hangs. */
const WATCH_MS = 2_000;
/** On Windows the package waits for its launcher, which can hang. */
const LAUNCH_MS = 10_000;

/**
 * Opens the address. Rejects with EnvironmentError where the opener cannot be started, or says within 2 s that it failed.
 * One that hangs counts as opened, and does not keep the process alive: the address is shown as well, so that the person
 * can go on by hand.
 */
export async function openSystemBrowser(url: string): Promise<void> {
  // Whatever is handed to an opener is run by it: no other scheme may ever get there.
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address?.protocol !== "https:" && address?.protocol !== "http:") {
    throw new EnvironmentError("Only http and https addresses are opened in a browser.");
  }
  const { default: open } = await import("open").catch((error: unknown) => Promise.reject(failed(error)));
  let fault: unknown;
  for (const options of openersOf(process.env.BROWSER, process.platform)) {
    try {
      return await watch(await launched(open(address.href, options)));
    } catch (error) {
      fault = error;
    }
  }
  throw failed(fault);
}

/**
 * What BROWSER asks for, as a list of commands between colons. `xdg-open` reads it only where no desktop is running, and an
 * editor that sets it in a container, or a person, means it. Elsewhere than on Unix it has no such meaning.
 */
export function openersOf(browser: string | undefined, platform: NodeJS.Platform): Options[] {
  if (browser === undefined || browser === "" || platform === "darwin" || platform === "win32") return [{}];
  if (existsSync(browser)) return [{ app: { name: browser } }];
  const commands = browser.split(":").filter((command) => command.trim() !== "");
  const words = commands.map((command) =>
    command
      .replace(/\s%[su]\s*$/, "")
      .trim()
      .split(/\s+/),
  );
  // The address in the middle of a command: xdg-open can do that.
  if (words.flat().some((word) => word.includes("%"))) return [{}];
  return words.map(([name = "", ...rest]) => ({ app: { name, arguments: rest } }));
}

async function launched(child: Promise<ChildProcess>): Promise<ChildProcess | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LAUNCH_MS);
  });
  try {
    return await Promise.race([child, late]);
  } finally {
    clearTimeout(timer);
  }
}

function watch(child: ChildProcess | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child === undefined) return resolve();
    child.unref();
    const end = (error?: Error) => {
      clearTimeout(timer);
      child.off("exit", onExit);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onExit = (code: number | null) =>
      end(
        code === 0
          ? undefined
          : Object.assign(new Error("the opener failed"), { code: code === null ? "killed" : `exit ${code}` }),
      );
    // Not unref'd: somebody may be waiting for this and for nothing else.
    const timer = setTimeout(() => end(), WATCH_MS);
    // It stays: an error that nobody listens to ends the process.
    child.on("error", (error) => end(error));
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode);
    else child.on("exit", onExit);
  });
}

function failed(error: unknown): EnvironmentError {
  return new EnvironmentError(
    "The system's browser could not be opened. Open the address by hand, or name a browser in the variable BROWSER.",
    { causeCode: codeOf(error) },
  );
}
