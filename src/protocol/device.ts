/** The device authorization grant (RFC 8628): the request, and polling by its rules. */
import {
  EnvironmentError,
  isKeystoneAuthError,
  NetworkError,
  ProviderError,
  ResponseError,
  TimeoutError,
} from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import { oneLine } from "../options/log.js";
import type { DeviceCodePrompt } from "../ports.js";
import { pause } from "../settle.js";
import type { TokenResponse } from "../token-set.js";
import type { AuthorizationServer } from "./authorization-server.js";
import type { Members } from "./jws.js";
import { endpointOf, isHttpsUrl } from "./metadata.js";
import { DEVICE_GRANT, readTokens, requestTokens, secondsOf, type TokenAnswer } from "./token-endpoint.js";

/** RFC 8628 §3.2 and §3.5. */
const DEFAULT_INTERVAL_SECONDS = 5;
const SLOW_DOWN_SECONDS = 5;
/** Whatever a provider says, it is not asked more often than this. */
const SHORTEST_INTERVAL_SECONDS = 0.1;
/** A code that lives longer than a day is not waited for: timers and people have limits. */
const LONGEST_WAIT_SECONDS = 86_400;

/** A device code that waits for a person. The device code itself stays inside. */
export interface PendingDevice {
  readonly prompt: DeviceCodePrompt;
  /**
   * Polls until the person has answered. Rejects with ProviderError, TimeoutError (expired), or the signal's reason. The
   * signal does not cut a request that was sent: its answer may be the grant, which comes once.
   */
  poll(signal: AbortSignal): Promise<TokenResponse>;
}

/** Asks for a code. `audience` is what the Keystone provider reads besides the standard parameters. */
export async function startDeviceFlow(server: AuthorizationServer, signal: AbortSignal): Promise<PendingDevice> {
  const { config, clock } = server;
  const endpoint = "device_authorization_endpoint";
  if (endpointOf(await server.prepare(), endpoint, config) === undefined)
    throw new EnvironmentError(
      "The provider has no device flow (its metadata has no device_authorization_endpoint). Use the flow auth_code on a machine with a browser.",
    );
  const { prompt: _prompt, ...extra } = config.authorizationParams;
  const audience = config.audiences.length > 0 && { audience: config.audiences.join(" ") };
  // The program's own `audience` goes as it is.
  const parameters = { ...audience, ...extra, client_id: config.clientId, scope: config.scopes.join(" ") };
  const answer = await server.request(endpoint, new URLSearchParams(parameters), { signal });
  const device = readDeviceAnswer(config, answer);
  const expiresAt = clock.monotonic() + device.prompt.expiresInSeconds * 1000;
  return { prompt: device.prompt, poll: (pollSignal) => poll(server, device, expiresAt, pollSignal) };
}

function readDeviceAnswer(config: ClientConfig, answer: Members) {
  const { device_code: deviceCode, user_code: code, verification_uri_complete: complete } = answer;
  // Whoever shows it need not know what drives a terminal.
  const userCode = typeof code === "string" && code.length <= 100 ? oneLine(code) : "";
  // Google and older providers have the name of a draft.
  const verificationUri = answer.verification_uri || answer.verification_url;
  const expiresIn = secondsOf(answer.expires_in) ?? 0;
  // Junk, zero and negative are the default.
  const interval = secondsOf(answer.interval) ?? 0;
  // A person will open it.
  const isComplete = isHttpsUrl(complete, config);
  if (
    typeof deviceCode !== "string" ||
    deviceCode === "" ||
    userCode === "" ||
    !isHttpsUrl(verificationUri, config) ||
    !(isComplete || complete === undefined || complete === "") ||
    expiresIn <= 0
  )
    throw new ResponseError(
      "The device authorization endpoint's answer cannot be used (RFC 8628 §3.2). Nothing was shown or opened; try again.",
    );
  return {
    deviceCode,
    intervalSeconds:
      interval > 0
        ? Math.min(Math.max(interval, SHORTEST_INTERVAL_SECONDS), LONGEST_WAIT_SECONDS)
        : DEFAULT_INTERVAL_SECONDS,
    prompt: {
      verificationUri: printable(verificationUri),
      ...(isComplete && { verificationUriComplete: printable(complete) }),
      userCode,
      expiresInSeconds: Math.min(expiresIn, LONGEST_WAIT_SECONDS),
    },
  };
}

/** An address as it was sent, or percent-encoded where it holds what drives a terminal or turns text around. */
const printable = (url: string) => (oneLine(url, url.length) === url ? url : new URL(url).href);

const expired = () =>
  new TimeoutError("The device code expired before the sign-in was finished. Call again for a new code.");

async function poll(
  server: AuthorizationServer,
  { deviceCode, intervalSeconds: firstInterval }: ReturnType<typeof readDeviceAnswer>,
  expiresAt: number,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { clock, config } = server;
  let intervalSeconds = firstInterval;
  let waitSeconds = intervalSeconds;
  let answer: TokenAnswer | undefined;
  while (answer === undefined) {
    const left = expiresAt - clock.monotonic();
    await pause(clock, Math.max(0, Math.min(waitSeconds * 1000, left)), signal);
    if (clock.monotonic() >= expiresAt) throw expired();
    try {
      answer = await requestTokens(server, DEVICE_GRANT, { device_code: deviceCode });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isWaitedOut(error)) throw error;
      if (error instanceof ProviderError && error.error === "slow_down") intervalSeconds += SLOW_DOWN_SECONDS;
      const leastSeconds = error instanceof NetworkError ? error.retryAfterSeconds : undefined;
      waitSeconds = Math.max(intervalSeconds, leastSeconds ?? 0);
      config.log.debug(`device flow: waiting for the person, next poll in ${waitSeconds} s`);
    }
  }
  // The code is spent: what is wrong with its tokens will not be right when it is sent again.
  const { max_age } = config.authorizationParams;
  const maxAgeSeconds = max_age === undefined ? undefined : Number(max_age);
  return await readTokens(server, answer, { scopes: config.scopes, idToken: "required", maxAgeSeconds });
}

/** RFC 8628 §3.5. Faults of the network and foreign pages are waited out, since the person is busy signing in. */
function isWaitedOut(error: unknown): boolean {
  if (error instanceof ProviderError) {
    if (error.error === "expired_token") throw expired();
    return error.error === "authorization_pending" || error.error === "slow_down";
  }
  return isKeystoneAuthError(error) && ["network", "timeout", "response"].includes(error.code);
}
