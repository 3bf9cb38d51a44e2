/** Every request goes through here: a limit on time and bytes of the whole response, no redirects, faults as our errors. */
import type { ClientConfig } from "../options/config.js";
import { codeOf, ConfigurationError, NetworkError, ResponseError, TimeoutError } from "../errors.js";
import type { Clock } from "../ports.js";
import { beforeDeadline, untilAborted } from "../settle.js";

/** A response that was read whole. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What the `Retry-After` header asks for (RFC 9110 §10.2.3). */
  readonly retryAfterSeconds: number | undefined;
}

/** `what` is asked, in the words of error messages: "The token endpoint". */
export type Fetch = (what: string, signal?: AbortSignal) => (url: string, init: RequestInit) => Promise<Answer>;

function causeCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 3) return undefined;
  return codeOf(error) ?? causeCode((error as { cause?: unknown }).cause, depth + 1);
}

/** What lies beneath an error, nearest first. */
function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  for (let cause = (error as { cause?: unknown } | undefined)?.cause; cause && causes.length < 4; ) {
    causes.push(cause);
    cause = (cause as { cause?: unknown }).cause;
  }
  return causes;
}

/**
 * The fetch standard makes a network error without a word of a 407; in Node that is a cause with no message and no code, and
 * where it uses the proxies of the environment one with the status in its message.
 */
function isProxySignIn(error: unknown): boolean {
  const [cause, ...beneath] = causesOf(error);
  if (!(cause instanceof Error)) return false;
  if (cause.message === "") return causeCode(cause) === undefined;
  return [cause, ...beneath].some((each) => each instanceof Error && /[Pp]roxy .*\(407\)/.test(each.message));
}

/** A port that fetch asks nobody at (Fetch Standard, "port blocking"). Only Node says so. */
const isBlockedPort = (error: unknown) =>
  causesOf(error).some((each) => each instanceof Error && each.message === "bad port");

function blockedPort(what: string, url: string): ConfigurationError {
  const { host, port } = new URL(url);
  return new ConfigurationError(
    "issuer",
    `${what} at ${host} cannot be asked: fetch sends nothing to the port ${port}, here and in browsers. Let the provider listen on another one.`,
  );
}

const proxySignIn = () =>
  new ResponseError(
    "A proxy asks for a sign-in of its own (status 407). Sign in there, or put a user name and password into the proxy's address, and try again.",
  );

function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

async function readText(what: string, response: Response, maxBytes: number): Promise<string> {
  let size = 0;
  const count = (bytes: number) => {
    size += bytes;
    if (size > maxBytes) throw new ResponseError(`${what} sent more than ${maxBytes} bytes (option maxResponseBytes).`);
  };
  const decoder = new TextDecoder();
  // A fetch of the program's own may give a body that is no web stream, or none but by arrayBuffer().
  const reader = response.body?.getReader?.();
  if (reader === undefined) {
    const whole = await response.arrayBuffer();
    count(whole.byteLength);
    return decoder.decode(whole);
  }
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    count(part.value.byteLength);
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

// Not in every runtime's types: HTTP caches must not answer for a provider whose keys have just changed.
const NO_CACHE = { cache: "no-store" } as RequestInit;

/** Without the query: it may hold a key. */
const withoutQuery = (url: string) => url.replace(/[?#].*$/, "");

/** Behind a redirect secrets could go astray. In a page nobody is told where one leads. */
function redirected(what: string, url: string, location: string | null, { method }: RequestInit): ResponseError {
  const target = location && URL.canParse(location, url) && new URL(location, url);
  const to = target ? ` to ${(target.origin + target.pathname).slice(0, 200)}` : "";
  const todo = method ? "" : " Check the options issuer and discoveryUrl.";
  return new ResponseError(
    `${what} (${withoutQuery(url)}) answered with a redirect${to}, which is not followed.${todo}`,
  );
}

/** A request that never got an answer. */
export interface RequestFault {
  readonly url: string;
  /** The code of the fault beneath. */
  readonly causeCode: string | undefined;
  /** Whether the time was up. */
  readonly isLate: boolean;
}

/** What to do about it, as sentences; `undefined` where nothing is known of it. Never rejects. */
export type NetworkHint = (fault: RequestFault) => string | undefined | Promise<string | undefined>;

/** Makes the fetch of an authorization server. */
export function createBoundedFetch(config: ClientConfig, clock: Clock, hint?: NetworkHint): Fetch {
  const { requestTimeoutMs, maxResponseBytes } = config;

  const exchange = async (what: string, url: string, init: RequestInit): Promise<Answer> => {
    const send = config.fetch ?? fetch;
    const response = await send(url, { ...init, ...NO_CACHE, redirect: "manual", credentials: "omit" });
    const { ok, status, headers } = response;
    // What no endpoint may answer is refused before a byte of the body is read.
    if (response.type === "opaqueredirect" || response.redirected || (status >= 300 && status < 400))
      throw redirected(what, url, headers.get("location"), init);
    // Response.error(), from a service worker or a fetch of the program's own.
    if (status === 0) throw new TypeError("no response");
    const retryAfterSeconds = readRetryAfter(headers.get("retry-after"), clock.now());
    if (status >= 500 || status === 429 || status === 408)
      throw new NetworkError(`${what} answered with status ${status}. Try again later.`, { status, retryAfterSeconds });
    if (status === 407) throw proxySignIn();
    return { ok, status, headers, retryAfterSeconds, text: await readText(what, response, maxResponseBytes) };
  };

  const unreachable = async (what: string, url: string, code: string | undefined): Promise<NetworkError> => {
    const where = `${new URL(url).host}${code ? ` (${code})` : ""}`;
    const todo = (await hint?.({ url, causeCode: code, isLate: false })) ?? "Try again when the network is back.";
    return new NetworkError(`${what} could not be reached at ${where}. ${todo}`, { causeCode: code });
  };

  const tooLate = async (what: string, url: string): Promise<TimeoutError> => {
    const limit = `${requestTimeoutMs / 1000} s (option requestTimeoutSeconds)`;
    const todo = await hint?.({ url, causeCode: undefined, isLate: true });
    return new TimeoutError(`${what} did not answer within ${limit}. Try again.${todo ? ` ${todo}` : ""}`);
  };

  return (what, signal) => async (url, init) => {
    if (signal?.aborted) throw signal.reason;
    const asked = `${init.method ?? "GET"} ${withoutQuery(url)}`;
    const abort = new AbortController();
    const work = () => untilAborted(exchange(what, url, { ...init, signal: abort.signal }), signal);
    try {
      // The wait ends by itself, since a fetch of the program's own may not listen to its signal.
      const answer = await beforeDeadline(clock, requestTimeoutMs, () => new Late(), work);
      config.log.debug(`${asked}: status ${answer.status}`);
      return answer;
    } catch (error) {
      config.log.debug(`${asked}: ${causeCode(error) ?? "no answer that can be used"}`);
      // Whatever of the response is still to come is not read.
      abort.abort();
      if (signal?.aborted) throw signal.reason;
      if (error instanceof Late) throw await tooLate(what, url);
      if (error instanceof ResponseError || error instanceof NetworkError || error instanceof TimeoutError) throw error;
      if (isProxySignIn(error)) throw proxySignIn();
      if (isBlockedPort(error)) throw blockedPort(what, url);
      throw await unreachable(what, url, causeCode(error));
    }
  };
}

class Late extends Error {}
