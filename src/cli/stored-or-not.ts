/** Whether the session that a sign-in has begun is still there when the command has ended. */
import { homedir } from "node:os";
import { isKeystoneAuthError, KEPT, type KeystoneAuthError, type StorageError } from "../errors.js";
import { sessionPlace } from "../node/token-directory.js";
import { oneLine } from "../options/log.js";
import type { CommandClient } from "./command-run.js";
import { storedAccessToken } from "./stored-session.js";

/** Listens for what becomes of the store, and gives the question: why is the session not stored, as a sentence. */
export function watchStore({ config, on }: Pick<CommandClient, "config" | "on">): () => Promise<string | undefined> {
  let trouble: StorageError | undefined;
  on("storage", ({ error }) => (trouble = error));
  return async () => {
    if (config.noCache) return "The option noCache is set.";
    if (config.storage === "memory") return 'The option storage is "memory".';
    const place = sessionPlace(config.storageDirectory, process.env, homedir);
    if (typeof place === "object") return problemOf(place);
    try {
      // What a store has taken is seen by reading it, and by nothing else: a warning of it need not mean that.
      if ((await storedAccessToken(config)) !== undefined) return undefined;
    } catch (error) {
      if (isKeystoneAuthError(error)) return problemOf(error);
    }
    return trouble === undefined ? "The store does not hold it." : problemOf(trouble);
  };
}

const problemOf = ({ message }: KeystoneAuthError): string => oneLine(message.replace(` ${KEPT}`, ""), 1000);
