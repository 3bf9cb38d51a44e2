/** Every request goes through here: a limit on time and bytes of the whole response, no redirects, faults as our errors. */
import type { ClientConfig } from "../options/config.js";
import { NetworkError, ResponseError, TimeoutError } from "../errors.js";
import type { Clock } from "../ports.js";
import { onAbort } from "../settle.js";

/** What a request is for, in the words of error messages: "The token endpoint". */
export type Fetch = (what: string, signal?: AbortSignal) => typeof fetch;

const faultCode = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 4; depth += 1) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === "string") return code;
    at = cause;
  }
  return undefined;
};

function networkError(what: string, error: unknown, hint: string): NetworkError {
  const code = faultCode(error);
  return new NetworkError(
    `${what} could not be reached${code ? ` (${code})` : ""}. The session is kept; try again when the network is back.${hint && ` ${hint}`}`,
    { causeCode: code },
  );
}

/** The fetch standard makes a network error without a word of a 407; in Node that is a cause with no message and no code. */
function isProxySignIn(error: unknown): boolean {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return cause instanceof Error && cause.message === "" && faultCode(cause) === undefined;
}

function retryAfter(response: Response, now: number): number | undefined {
  const value = response.headers.get("retry-after");
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

function proxySignIn(): ResponseError {
  return new ResponseError(
    "A proxy asks for a sign-in of its own (status 407). The session is kept; sign in at the proxy and try again.",
  );
}

/** Refuses what no endpoint may answer, before a byte of the body is read. */
function checkStatus(what: string, response: Response, now: number): void {
  const { status } = response;
  if (response.type === "opaqueredirect" || response.redirected || (status >= 300 && status < 400)) {
    throw new ResponseError(
      `${what} answered with a redirect, which is not followed: secrets could go astray. The session is kept.`,
    );
  }
  if (status >= 500 || status === 429 || status === 408) {
    throw new NetworkError(`${what} answered with status ${status}. The session is kept; try again later.`, {
      status,
      retryAfterSeconds: retryAfter(response, now),
    });
  }
  if (status === 407) throw proxySignIn();
}

function tooLarge(what: string, maxBytes: number): ResponseError {
  return new ResponseError(`${what} sent more than ${maxBytes} bytes (option maxResponseBytes). The session is kept.`);
}

async function readWhole(what: string, response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.byteLength > maxBytes) throw tooLarge(what, maxBytes);
  return body;
}

async function readBody(what: string, response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  // A fetch of the program's own may give a body that is no web stream, or none but by this call.
  if (response.body !== null && typeof response.body?.getReader !== "function")
    return await readWhole(what, response, maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) {
      reader?.cancel().catch(() => {});
      throw tooLarge(what, maxBytes);
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

/** Makes the fetch that the protocol engine is given. `hint` ends the message of a request that never got an answer. */
export function createBoundedFetch(config: ClientConfig, clock: Clock, hint = ""): Fetch {
  const seconds = config.requestTimeoutMs / 1000;
  return (what, signal) => async (input, init) => {
    const stop = new AbortController();
    let cancel = () => {};
    let stopListening = () => {};
    const ended = new Promise<never>((_, reject) => {
      const end = (reason: unknown) => {
        reject(reason);
        stop.abort();
      };
      if (signal?.aborted) end(signal.reason);
      else if (signal) stopListening = onAbort(signal, () => end(signal.reason));
      const late = () =>
        end(
          new TimeoutError(
            `${what} did not answer within ${seconds} s (option requestTimeoutSeconds). The session is kept; try again.`,
          ),
        );
      cancel = clock.after(config.requestTimeoutMs, late);
    });
    ended.catch(() => {});
    const exchange = async () => {
      const send = config.fetch ?? fetch;
      const response = await send(input, {
        ...init,
        ...NO_CACHE,
        redirect: "manual",
        credentials: "omit",
        signal: stop.signal,
      });
      checkStatus(what, response, clock.now());
      const body = await readBody(what, response, config.maxResponseBytes);
      return new Response(body.byteLength > 0 ? body : null, { status: response.status, headers: response.headers });
    };
    try {
      // Raced, since a fetch of the program's own may not listen to its signal.
      return await Promise.race([exchange(), ended]);
    } catch (error) {
      stop.abort();
      if (error instanceof ResponseError || error instanceof NetworkError || error instanceof TimeoutError) throw error;
      if (signal?.aborted) throw signal.reason;
      if (isProxySignIn(error)) throw proxySignIn();
      throw networkError(what, error, hint);
    } finally {
      stopListening();
      cancel();
    }
  };
}
