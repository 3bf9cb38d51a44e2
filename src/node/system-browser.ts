/** The system's own browser (RFC 8252 §6), for the sign-in and for the provider's logout page. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { codeOf, EnvironmentError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";

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
  let fault: unknown;
  for (const opener of openersOf(process.env.BROWSER, process.platform)) {
    try {
      const child = await atMost(LAUNCH_MS, start(opener, address.href));
      child?.unref();
      return await (child && atMost(WATCH_MS, finished(child)));
    } catch (error) {
      fault = error;
    }
  }
  throw failed(fault);
}

/** A program that opens an address. Without a command: what the system has for that. */
export interface Opener {
  readonly command?: string;
  readonly words?: readonly string[];
}

async function start({ command, words = [] }: Opener, url: string): Promise<ChildProcess> {
  if (command !== undefined) return spawn(command, [...words, url], { stdio: "ignore", detached: true });
  const { default: open } = await import("open");
  return await open(url);
}

/**
 * What BROWSER asks for, as a list of commands between colons. `xdg-open` reads it only where no desktop is running, and an
 * editor that sets it in a container or on another machine, or a person, means it. Windows has no such variable.
 */
export function openersOf(browser: string | undefined, platform: NodeJS.Platform): Opener[] {
  if (!/[^:\s]/.test(browser ?? "") || browser === undefined || platform === "win32") return [{}];
  if (existsSync(browser)) return [{ command: browser }];
  const commands = browser.split(":").filter((command) => command.trim() !== "");
  const words = commands.map((command) =>
    command
      .replace(/\s%[su]\s*$/, "")
      .trim()
      .split(/\s+/),
  );
  // The address in the middle of a command: xdg-open can do that.
  if (words.flat().some((word) => word.includes("%"))) return [{}];
  return words.map(([command = "", ...rest]) => ({ command, words: rest }));
}

/**
 * Opens the address by the program's own opener, where there is one. That one counts as done after 2 s: the system's own has
 * limits of its own, some of them longer. Rejects as the opener does.
 */
export async function openInBrowser(url: string, openBrowser: NodeConfig["openBrowser"]): Promise<void> {
  await (openBrowser ? atMost(WATCH_MS, openBrowser(url)) : openSystemBrowser(url));
}

/** `undefined` where the work takes longer. Its timer keeps the process: somebody may wait for this and for nothing else. */
async function atMost<T>(ms: number, work: T | PromiseLike<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects where the opener fails. */
function finished(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => {
      if (code === 0) resolve();
      else reject(Object.assign(new Error("the opener failed"), { code: code === null ? "killed" : `exit ${code}` }));
    };
    // It stays: an error that nobody listens to ends the process.
    child.on("error", reject);
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode);
    else child.once("exit", onExit);
  });
}

function failed(error: unknown): EnvironmentError {
  return new EnvironmentError(
    "The system's browser could not be opened. Open the address by hand, or name a browser in the variable BROWSER.",
    { causeCode: codeOf(error) },
  );
}
