/** The device authorization grant (RFC 8628): the request, and polling by its rules. */
import {
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  processDeviceAuthorizationResponse,
  processDeviceCodeResponse,
} from "oauth4webapi";
import { EnvironmentError, isKeystoneAuthError, ProviderError, ResponseError, TimeoutError } from "../errors.js";
import { isLoopback } from "../options/checks.js";
import type { DeviceCodePrompt } from "../ports.js";
import type { TokenResponse } from "../token-set.js";
import { authenticatedRequest } from "./authenticated-request.js";
import { type GrantTools, tokenRequest } from "./token-endpoint.js";
import type { ServerMetadata } from "./metadata.js";
import { ForeignAnswerError } from "./protocol-errors.js";
import { engineClient, readGrant } from "./token-response.js";
import { pause } from "../settle.js";

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
  /** Polls until the person has answered. Rejects with ProviderError, TimeoutError (expired), or the signal's reason. */
  poll(signal: AbortSignal): Promise<TokenResponse>;
}

/** Asks for a code. `audience` is what the Keystone provider reads besides the standard parameters. */
export async function startDeviceFlow(tools: GrantTools, signal: AbortSignal): Promise<PendingDevice> {
  const { config, clock, provider } = tools;
  const metadata = await provider.prepare();
  if (typeof metadata.device_authorization_endpoint !== "string") {
    throw new EnvironmentError(
      "The provider has no device flow (its metadata has no device_authorization_endpoint). Use the flow auth_code on a machine with a browser.",
    );
  }
  const { prompt: _prompt, ...extra } = config.authorizationParams;
  const parameters = new URLSearchParams({ ...extra, scope: config.scopes.join(" ") });
  if (config.audiences.length > 0) parameters.set("audience", config.audiences.join(" "));
  const response = await authenticatedRequest(tools, metadata, {
    what: "The device authorization endpoint",
    secrets: [],
    signal,
    send: (auth, options) =>
      deviceAuthorizationRequest(metadata, engineClient(config, clock), auth, parameters, options),
  });
  const answer = await readDeviceAnswer(tools, metadata, response);
  const expiresAt = clock.monotonic() + answer.prompt.expiresInSeconds * 1000;
  return {
    prompt: answer.prompt,
    poll: (pollSignal) => poll(tools, metadata, { ...answer, expiresAt }, pollSignal),
  };
}

interface DeviceAnswer {
  readonly deviceCode: string;
  readonly intervalSeconds: number;
  readonly prompt: DeviceCodePrompt;
}

async function readDeviceAnswer(
  tools: GrantTools,
  metadata: ServerMetadata,
  response: Response,
): Promise<DeviceAnswer> {
  const unusable = new ResponseError(
    "The device authorization endpoint's answer cannot be used (RFC 8628 §3.2). Nothing was shown or opened; try again.",
  );
  try {
    const { interval, verification_url, ...body } = (await response.json()) as Record<string, unknown>;
    // Google and older providers have the name of a draft. What is null or empty is not there.
    const named = { verification_uri: verification_url, ...body };
    const members = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null && value !== ""));
    const clean = new Response(JSON.stringify(members), { headers: { "content-type": "application/json" } });
    const answer = await processDeviceAuthorizationResponse(metadata, engineClient(tools.config, tools.clock), clean);
    const complete = answer.verification_uri_complete;
    for (const uri of [answer.verification_uri, complete])
      if (uri !== undefined && !isShowable(uri, tools)) throw unusable;
    if (answer.device_code === "" || answer.user_code.length > 100 || answer.expires_in <= 0) throw unusable;
    return {
      deviceCode: answer.device_code,
      intervalSeconds: readInterval(interval),
      prompt: {
        verificationUri: answer.verification_uri,
        ...(complete !== undefined && { verificationUriComplete: complete }),
        userCode: answer.user_code,
        expiresInSeconds: Math.min(answer.expires_in, LONGEST_WAIT_SECONDS),
      },
    };
  } catch {
    throw unusable;
  }
}

/** A person will open it: https, or http to a loopback address where allowed, and no user name to deceive with. */
function isShowable(uri: string, { config }: GrantTools): boolean {
  if (!URL.canParse(uri)) return false;
  const url = new URL(uri);
  if (url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && config.allowHttp && isLoopback(url.hostname));
}

/** Junk, zero and negative are the default; a numeric string is a number. */
function readInterval(value: unknown): number {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds <= 0) return DEFAULT_INTERVAL_SECONDS;
  return Math.min(Math.max(seconds, SHORTEST_INTERVAL_SECONDS), LONGEST_WAIT_SECONDS);
}

function expired(): TimeoutError {
  return new TimeoutError(
    "The device code expired before the sign-in was finished. The session is as it was; call again for a new code.",
  );
}

async function poll(
  tools: GrantTools,
  metadata: ServerMetadata,
  pending: DeviceAnswer & { readonly expiresAt: number },
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { clock } = tools;
  let { intervalSeconds } = pending;
  for (;;) {
    const left = pending.expiresAt - clock.monotonic();
    await pause(clock, Math.max(0, Math.min(intervalSeconds * 1000, left)), signal);
    if (clock.monotonic() >= pending.expiresAt) throw expired();
    try {
      return await askOnce(tools, metadata, pending.deviceCode, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const next = nextStep(error);
      if (next === "fail") throw error;
      if (next === "expired") throw expired();
      if (next === "slower") intervalSeconds += SLOW_DOWN_SECONDS;
      tools.config.log.debug(`device flow: waiting for the person, next poll in ${intervalSeconds} s`);
    }
  }
}

async function askOnce(
  tools: GrantTools,
  metadata: ServerMetadata,
  deviceCode: string,
  signal: AbortSignal,
): Promise<TokenResponse> {
  const { config, clock } = tools;
  const abortable = { ...tools, fetch: (what: string) => tools.fetch(what, signal) };
  const response = await tokenRequest(abortable, metadata, [deviceCode], (auth, options) =>
    deviceCodeGrantRequest(metadata, engineClient(config, clock), auth, deviceCode, options),
  );
  return await readGrant(
    response,
    processDeviceCodeResponse,
    metadata,
    { scopes: config.scopes, idToken: "required" },
    tools,
  ).catch((error: unknown) => {
    // A captive portal's page has not reached the provider. Anything else has spent the code: what is wrong with its token will not be mended by asking again.
    throw error instanceof ForeignAnswerError ? error : new Spent(error);
  });
}

/** An answer to the code itself, as against one of a proxy on the way. */
class Spent {
  constructor(readonly error: unknown) {}
}

type Step = "wait" | "slower" | "expired" | "fail";

/** RFC 8628 §3.5; faults of the network are waited out, since the person is busy signing in. */
function nextStep(error: unknown): Step {
  if (error instanceof Spent) throw error.error;
  if (error instanceof ProviderError) {
    if (error.error === "authorization_pending") return "wait";
    if (error.error === "slow_down") return "slower";
    return error.error === "expired_token" ? "expired" : "fail";
  }
  const isFault =
    isKeystoneAuthError(error) && (error.code === "network" || error.code === "timeout" || error.code === "response");
  return isFault ? "wait" : "fail";
}
