/** The device flow (RFC 8628) over whatever shows the code to a person. */
import type { DeviceCodePrompt } from "../ports.js";
import { startDeviceFlow } from "../protocol/device.js";
import type { SessionRecord } from "../token-set.js";
import { loginFailure } from "./code-flow.js";
import type { LoginAttempt } from "./platform.js";

/** Shows the code, polls until the person has answered, and begins the session. A prompt that fails ends the login. */
export async function deviceCodeLogin(
  show: (prompt: DeviceCodePrompt) => void | Promise<void>,
  attempt: LoginAttempt,
): Promise<SessionRecord> {
  const { server, signal } = attempt;
  const device = await startDeviceFlow(server, signal);
  await attempt.confirm();
  signal.throwIfAborted();
  const stop = new AbortController();
  try {
    // A prompt may stay open while the code is valid; it is not waited for, but its failure means that nobody saw the code.
    const shown = Promise.resolve(device.prompt)
      .then(show)
      .then(
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
