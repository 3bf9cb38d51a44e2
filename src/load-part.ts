/** Parts of the library that are loaded when they are needed. In a page each is a file of its own, which may not be had. */
import { EnvironmentError, isKeystoneAuthError, NetworkError } from "./errors.js";

/** Whether a call was told that a part could not be had, and none was had since. */
let hasFailed = false;

/**
 * Runs an `import()`. `isTold` says whether a call waits for it, which is told of a failure: what is loaded ahead counts as none.
 *
 * @throws NetworkError (`network`) where the file could not be had: the page is offline, or a newer version of the
 *   application has taken the file's place.
 * @throws EnvironmentError (`environment`) where it could not be had twice in a row; and in a service worker, where `import()`
 *   never works (HTML Standard §8.1.6.7).
 */
export async function loadPart<T>(load: () => Promise<T>, isTold = () => true): Promise<T> {
  try {
    const part = await load();
    hasFailed = false;
    return part;
  } catch (error) {
    if (isKeystoneAuthError(error)) throw error;
    // The interface is there in service workers only.
    if ("ServiceWorkerGlobalScope" in globalThis) {
      throw new EnvironmentError("A service worker cannot load parts of keystone-auth: bundle it into one file.");
    }
    const problem =
      "A part of keystone-auth could not be loaded: the network failed, or the application was replaced by a newer one.";
    // A file that a deploy has taken away does not come back, and Firefox remembers each failure until the page is loaded anew.
    if (hasFailed) throw new EnvironmentError(`${problem} Reload the page.`);
    if (isTold()) hasFailed = true;
    throw new NetworkError(`${problem} Call again; when that does not help, reload the page.`);
  }
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
