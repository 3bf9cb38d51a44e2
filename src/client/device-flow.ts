/** The device flow (RFC 8628) over whatever shows the code to a person. */
import { type PendingDevice, startDeviceFlow } from "../protocol/device.js";
import type { SessionRecord } from "../token-set.js";
import { loginFailure } from "./code-flow.js";
import type { LoginAttempt } from "./platform.js";

/** Asks the provider for a code. */
export async function startDevice(attempt: LoginAttempt): Promise<PendingDevice> {
  return await startDeviceFlow(attempt.server, attempt.signal);
}

/** Shows the code, polls until the person has answered, and begins the session. A prompt that fails ends the login. */
export async function deviceCodeLogin(
  device: PendingDevice,
  show: () => Promise<void>,
  attempt: LoginAttempt,
): Promise<SessionRecord> {
  const { signal } = attempt;
  await attempt.confirm();
  signal.throwIfAborted();
  const stop = new AbortController();
  try {
    // A prompt may stay open while the code is valid; it is not waited for, but its failure means that nobody saw the code.
    const shown = show().then(
      () => new Promise<never>(() => {}),
      (error: unknown) => {
        throw loginFailure(error);
      },
    );
    const finished = attempt.finish(() => device.poll(AbortSignal.any([signal, stop.signal])));
    finished.catch(() => {});
    return await Promise.race([finished, shown]);
  } finally {
    stop.abort();
  }
}
