/** Whether the operating system's keychain can be used. The command itself keeps sessions in files. */
import { type Finding, none, ok, warning } from "./check.js";

const ANSWER_MS = 3000;

/** An optional peer: it may be absent, or built for another system. */
const load = () => import("@napi-rs/keyring");

export async function keychainFinding(): Promise<Finding> {
  let keyring: Awaited<ReturnType<typeof load>>;
  try {
    keyring = await load();
  } catch (error) {
    const { code } = error as { code?: unknown };
    const absent = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    return none(
      absent
        ? "@napi-rs/keyring is not installed; it is optional"
        : "@napi-rs/keyring cannot be loaded; it is optional",
    );
  }
  try {
    const late = AbortSignal.timeout(ANSWER_MS);
    // The kernel's own keyring, which it would fall back to, forgets at a restart.
    const entry = new keyring.AsyncEntry("keystone-auth", "doctor", { linux: { store: "secret-service" } });
    await Promise.race([entry.getPassword(), new Promise((_, reject) => late.addEventListener("abort", reject))]);
    return ok("it answers");
  } catch {
    return warning(
      "@napi-rs/keyring is installed, and the keychain does not answer",
      "It is optional. Unlock it, or start a secret service.",
    );
  }
}
