/** Every request goes through here: a limit on time and bytes of the whole response, no redirects, faults as our errors. */
import type { ClientConfig } from "../options/config.js";
import { codeOf, NetworkError, ResponseError, TimeoutError } from "../errors.js";
import type { Clock } from "../ports.js";
import { beforeDeadline, untilAborted } from "../settle.js";

/** What a request is for, in the words of error messages: "The token endpoint". */
export type Fetch = (what: string, signal?: AbortSignal) => typeof fetch;

function causeCode(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; typeof at === "object" && at !== null && depth < 4; depth += 1) {
    const code = codeOf(at);
    if (code !== undefined) return code;
    at = (at as { cause?: unknown }).cause;
  }
  return undefined;
}

function networkError(what: string, host: string, error: unknown, hint: string): NetworkError {
  const code = causeCode(error);
  return new NetworkError(
    `${what} could not be reached at ${host}${code ? ` (${code})` : ""}. Try again when the network is back.${hint && ` ${hint}`}`,
    { causeCode: code },
  );
}

/** The fetch standard makes a network error without a word of a 407; in Node that is a cause with no message and no code. */
function isProxySignIn(error: unknown): boolean {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return cause instanceof Error && cause.message === "" && causeCode(cause) === undefined;
}

function proxySignIn(): ResponseError {
  return new ResponseError("A proxy asks for a sign-in of its own (status 407). Sign in at the proxy and try again.");
}

/** What the `Retry-After` header asks for (RFC 9110 §10.2.3). */
export function retryAfterSeconds(response: Response, now: number): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

/** Refuses what no endpoint may answer, before a byte of the body is read. */
function checkStatus(what: string, response: Response, now: number): void {
  const { status } = response;
  if (response.type === "opaqueredirect" || response.redirected || (status >= 300 && status < 400)) {
    throw new ResponseError(`${what} answered with a redirect, which is not followed: secrets could go astray.`);
  }
  if (status >= 500 || status === 429 || status === 408) {
    throw new NetworkError(`${what} answered with status ${status}. Try again later.`, {
      status,
      retryAfterSeconds: retryAfterSeconds(response, now),
    });
  }
  if (status === 407) throw proxySignIn();
}

async function readBody(what: string, response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new ResponseError(`${what} sent more than ${maxBytes} bytes (option maxResponseBytes).`);
  // A fetch of the program's own may give a body that is no web stream, or none but by arrayBuffer().
  if (response.body !== null && typeof response.body?.getReader !== "function") {
    const whole = new Uint8Array(await response.arrayBuffer());
    if (whole.byteLength > maxBytes) throw tooLarge();
    return whole;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) {
      reader?.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

// Not in every runtime's types: HTTP caches must not answer for a provider whose keys have just changed.
const NO_CACHE = { cache: "no-store" } as RequestInit;

/** Makes the fetch of an authorization server. `hint` ends the message of a request that never got an answer. */
export function createBoundedFetch(config: ClientConfig, clock: Clock, hint = ""): Fetch {
  const { requestTimeoutMs, maxResponseBytes } = config;
  return (what, signal) => async (input, init) => {
    if (signal?.aborted) throw signal.reason;
    const limit = `${requestTimeoutMs / 1000} s (option requestTimeoutSeconds)`;
    const late = () => new TimeoutError(`${what} did not answer within ${limit}. Try again.`);
    const abort = new AbortController();
    const exchange = async () => {
      const send = config.fetch ?? fetch;
      const bounds = { redirect: "manual", credentials: "omit", signal: abort.signal } as const;
      const response = await send(input, { ...init, ...NO_CACHE, ...bounds });
      checkStatus(what, response, clock.now());
      const body = await readBody(what, response, maxResponseBytes);
      return new Response(body.byteLength > 0 ? body : null, { status: response.status, headers: response.headers });
    };
    try {
      // The wait ends by itself, since a fetch of the program's own may not listen to its signal.
      return await beforeDeadline(clock, requestTimeoutMs, late, () => untilAborted(exchange(), signal));
    } catch (error) {
      abort.abort();
      if (signal?.aborted) throw signal.reason;
      if (error instanceof ResponseError || error instanceof NetworkError || error instanceof TimeoutError) throw error;
      if (isProxySignIn(error)) throw proxySignIn();
      throw networkError(what, new URL(input instanceof Request ? input.url : input).host, error, hint);
    }
  };
}
