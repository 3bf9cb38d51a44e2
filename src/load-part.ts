/** Parts of the library that are loaded when they are needed. Each is a file of its own, which may not be had. */
import { codeOf, EnvironmentError, isKeystoneAuthError, NetworkError } from "./errors.js";

/** Whether a call was told that a part could not be had, and none was had since. */
let hasFailed = false;

/**
 * Runs an `import()`. `isTold` says whether a call waits for it, which is told of a failure: what is loaded ahead counts as none.
 *
 * @throws NetworkError (`network`) where the file could not be had: the page is offline, or a newer version of the
 *   application has taken the file's place.
 * @throws EnvironmentError (`environment`) where it could not be had twice in a row; in a service worker, where `import()`
 *   never works (HTML Standard §8.1.6.7); and in Node, where a file or a package is missing (`ERR_MODULE_NOT_FOUND`).
 */
export async function loadPart<T>(load: () => Promise<T>, isTold = () => true): Promise<T> {
  try {
    const part = await load();
    hasFailed = false;
    return part;
  } catch (error) {
    if (isKeystoneAuthError(error)) throw error;
    if (isProgram()) throw notInstalled(error);
    // The interface is there in service workers only.
    if ("ServiceWorkerGlobalScope" in globalThis) {
      throw new EnvironmentError("A service worker cannot load parts of keystone-auth: bundle it into one file.");
    }
    const problem =
      "A part of keystone-auth could not be loaded: the network failed, a policy of the page forbids it, or the application was replaced by a newer one.";
    // A file that a deploy has taken away does not come back, and Firefox remembers each failure until the page is loaded anew.
    if (hasFailed) throw new EnvironmentError(`${problem} Reload the page.`);
    if (isTold()) hasFailed = true;
    throw new NetworkError(`${problem} Call again; when that does not help, reload the page.`);
  }
}

/** Node, and what takes its place: a file comes from a disk there, and not from a network. A page of Electron is a page. */
function isProgram(): boolean {
  const { process, document } = globalThis as { process?: { versions?: { node?: string } }; document?: unknown };
  return document === undefined && process?.versions?.node !== undefined;
}

/** The names in a fault of the loader: the package or the file, and not where it lies. */
const MISSING = /(?:Cannot find (?:package|module)|requested module) ['"]([^'"]+)['"]/;

/** Faults of the machine that pass. */
const PASSES = ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EIO"];

function notInstalled(error: unknown): EnvironmentError {
  const causeCode = codeOf(error);
  if (causeCode !== undefined && PASSES.includes(causeCode))
    return new EnvironmentError("A file of keystone-auth could not be read. Call again.", {
      causeCode,
      retryable: true,
    });
  const text = String((error as Error | undefined)?.message);
  const name = MISSING.exec(text)?.[1]?.replace(/^.*[\\/](?=[^\\/]+\.c?js$)/, "");
  const verb = text.includes("does not provide an export") ? "finds another version of" : "cannot load";
  const what = name === undefined ? "a part" : `${/\.c?js$/.test(name) ? "its file" : "the package"} ${name}`;
  return new EnvironmentError(
    `keystone-auth ${verb} ${what}: the installation is not whole, or was replaced while this program ran. ` +
      "Install again, and start the program anew.",
    // A file of which a part is there, or one of another version, is as good as none: the loader has no code for it.
    { causeCode: causeCode ?? "ERR_MODULE_NOT_FOUND" },
  );
}

/** The same once for all calls. A failure is not remembered: the next call tries again. */
export function lazily<T>(load: () => Promise<T>): (isAhead?: boolean) => Promise<T> {
  let part: Promise<T> | undefined;
  let isTold = false;
  return (isAhead = false) => {
    // A call may join what was begun ahead.
    isTold ||= !isAhead;
    part ??= loadPart(load, () => isTold).catch((error: unknown) => {
      part = undefined;
      isTold = false;
      throw error;
    });
    return part;
  };
}

/** What is left of a sign-out where a part could not be loaded. */
export function notRevoked(): NetworkError {
  return new NetworkError("The tokens could not be revoked, since a part of keystone-auth could not be loaded.", {
    sessionKept: false,
  });
}
