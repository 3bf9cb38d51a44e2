/** The device flow (RFC 8628) over whatever shows the code to a person. */
import type { LoginTools } from "./platform.js";
import type { DeviceCodePrompt } from "../ports.js";
import { startDeviceFlow } from "../protocol/device.js";
import { loginFailure } from "./code-flow.js";

/** Shows the code, polls until the person has answered, and begins the session. A prompt that fails ends the login. */
export async function deviceCodeLogin(
  show: (prompt: DeviceCodePrompt) => void | Promise<void>,
  tools: LoginTools,
): Promise<void> {
  const { server, signal } = tools;
  const device = await startDeviceFlow(server, signal);
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
    const polled = device.poll(AbortSignal.any([signal, stop.signal]));
    polled.catch(() => {});
    await tools.accept(await Promise.race([polled, shown]));
  } finally {
    stop.abort();
  }
}
