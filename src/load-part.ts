/** Parts of the library that are loaded when they are needed. In a page each is a file of its own, which may not be had. */
import { EnvironmentError, isKeystoneAuthError, NetworkError } from "./errors.js";

/**
 * Runs an `import()`.
 *
 * @throws NetworkError (`network`) where the file could not be had: the page is offline, or a newer version of the
 *   application has taken the file's place.
 * @throws EnvironmentError (`environment`) in a service worker, where `import()` never works (HTML Standard §8.1.6.7).
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isKeystoneAuthError(error)) throw error;
    // The interface is there in service workers only.
    if ("ServiceWorkerGlobalScope" in globalThis) {
      throw new EnvironmentError("A service worker cannot load parts of keystone-auth: bundle it into one file.");
    }
    throw new NetworkError(
      "A part of keystone-auth could not be loaded: the network failed, or the application was replaced by a newer one. " +
        "Call again, or reload the page.",
    );
  }
}

/** The same once for all calls. A failure is not remembered: the next call tries again. */
export function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let part: Promise<T> | undefined;
  return () => {
    part ??= loadPart(load).catch((error: unknown) => {
      part = undefined;
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
