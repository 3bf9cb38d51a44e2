/** A device login of a Node program (RFC 8628), and what counts as having none. */
import { deviceCodeLogin, startDevice } from "../client/device-flow.js";
import type { LoginAttempt } from "../client/platform.js";
import { isKeystoneAuthError, type ProviderError } from "../errors.js";
import { oneLine } from "../options/log.js";
import { endpointOf } from "../protocol/metadata.js";
import type { PendingDevice } from "../protocol/device.js";
import type { SessionRecord } from "../token-set.js";
import type { LoginPrompt } from "./login-prompt.js";

export { startDevice };

/** Why the provider gives this client no device code, as the end of a sentence. */
export interface NoDevice {
  readonly refused: string;
}

export async function hasDeviceFlow({ server }: LoginAttempt): Promise<boolean> {
  return endpointOf(await server.metadata(), "device_authorization_endpoint", server.config) !== undefined;
}

/** A device code, or why there is none. Faults that pass, such as those of the network, are thrown. */
export async function deviceIfAny(attempt: LoginAttempt): Promise<PendingDevice | NoDevice> {
  if (!(await hasDeviceFlow(attempt))) return { refused: "the provider has no device flow" };
  try {
    return await startDevice(attempt);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const said = (error as Partial<ProviderError>).error;
    const how = said === undefined ? "" : ` ("${oneLine(said, 60)}")`;
    attempt.server.config.log.info(`the provider gives this client no device code${how}`);
    return { refused: `the provider gives this client no device code${how}` };
  }
}

/** Whatever the endpoint answers that is no code: a client may be allowed one flow and not the other. */
function isRefusal(error: unknown): boolean {
  if (!isKeystoneAuthError(error)) return false;
  const hasAnswered = (error as { status?: number }).status !== undefined;
  return error.code === "provider" || error.code === "response" || error.code === "configuration" || hasAnswered;
}

/** Shows the code, and waits until the person has answered. */
export async function deviceLogin(
  device: PendingDevice,
  attempt: LoginAttempt,
  prompt: LoginPrompt,
  reason: string | undefined,
): Promise<SessionRecord> {
  const show = async () => {
    await prompt.showCode(device.prompt, reason);
    if (!attempt.signal.aborted) prompt.waitFor(device.prompt.expiresInSeconds);
  };
  try {
    return await deviceCodeLogin(device, show, attempt);
  } finally {
    prompt.end();
  }
}
