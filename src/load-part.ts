/** Parts of the library that are loaded when they are needed. In a page each is a file of its own, which may not be had. */
import { isKeystoneAuthError, NetworkError } from "./errors.js";

/**
 * Runs an `import()`.
 *
 * @throws NetworkError (`network`) where the file could not be had: the page is offline, or a newer version of the
 *   application has taken the file's place. The session is kept.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isKeystoneAuthError(error)) throw error;
    throw new NetworkError(
      "A part of keystone-auth could not be loaded: the network failed, or the application was replaced by a newer " +
        "version. The session is kept. Call again; where that does not help, reload the page.",
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
