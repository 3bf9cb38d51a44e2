/** Whether the operating system's keychain can be used. The command itself keeps sessions in files. */
import { systemKeychain } from "../../node/encrypted/system-keychain.js";
import { type Finding, none, ok, warning } from "./check.js";

const ANSWER_MS = 3000;

export async function keychainFinding(): Promise<Finding> {
  const keychain = systemKeychain("doctor");
  const late = AbortSignal.timeout(ANSWER_MS);
  const timeUp = new Promise<never>((_, reject) => late.addEventListener("abort", reject));
  try {
    const why = await Promise.race([keychain.unavailable?.(), timeUp]);
    if (why !== undefined) return none(`${why} It is optional.`);
    await Promise.race([keychain.load(), timeUp]);
    return ok("it answers");
  } catch {
    return warning(
      "@napi-rs/keyring is installed, and the keychain does not answer",
      "It is optional. Unlock it, or start a secret service.",
    );
  }
}
