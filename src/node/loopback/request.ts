/** Separates the one callback from everything else that may come to the loopback port (RFC 8252 §8.3). */
import type { IncomingMessage } from "node:http";
import { oneLine } from "../../options/log.js";

/** A stranger, and the status that it gets. */
interface Stranger {
  readonly status: 400 | 404 | 405 | 413 | 414 | 421;
  /** What an error redirect without any `state` says, for a line of text. */
  readonly error?: string;
}

/** A request that was understood: its raw path and its query, without the question mark. */
interface Target {
  readonly path: string;
  readonly query: string;
}

const MAX_TARGET = 32_768;

/**
 * The target of a GET to our authority. A page of another site can make a browser send requests here under a name that
 * it points at this machine (DNS rebinding): its `Host` gives it away.
 */
export function readTarget(request: IncomingMessage, authority: string): Target | Stranger {
  const hosts = request.headersDistinct.host ?? [];
  if (hosts.length !== 1 || !isAuthority(hosts[0] as string, authority)) return { status: 421 };
  if (request.method !== "GET") return { status: 405 };
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (encoding !== undefined || (length !== undefined && length !== "0")) return { status: 413 };
  // Raw on purpose: a URL parser would turn `/./callback` and absolute targets into what they are not.
  const target = request.url ?? "";
  if (target.length > MAX_TARGET) return { status: 414 };
  if (target.includes("#")) return { status: 400 };
  const mark = target.indexOf("?");
  return mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** The parameters of the callback to a redirect URI, or what a stranger gets. `state` is undefined while nobody waits. */
export function readCallback(
  request: IncomingMessage,
  authority: string,
  path: string,
  state: string | undefined,
): URLSearchParams | Stranger {
  const target = readTarget(request, authority);
  if ("status" in target) return target;
  if (target.path !== path) return { status: 404 };
  const parameters = new URLSearchParams(target.query);
  // Any of them: a doubled `state` that holds ours is our login's, and ends it further on.
  if (state !== undefined && parameters.getAll("state").includes(state)) return parameters;
  const error = parameters.get("error");
  return error === null || parameters.has("state") ? { status: 400 } : { status: 400, error: told(error, parameters) };
}

/** Cleaned and bounded: it may be anybody's text. */
function told(error: string, parameters: URLSearchParams): string {
  const description = parameters.get("error_description");
  const code = `"${oneLine(error, 60)}"`;
  return description ? `${code}: ${oneLine(description, 200).replace(/\.$/, "")}` : code;
}

/** Whether another site asks, by what its browser says of itself; a tool that says nothing is let in. */
export function isFromAnotherSite(request: IncomingMessage): boolean {
  const site = request.headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function isAuthority(host: string, authority: string): boolean {
  const named = host.toLowerCase();
  // A browser leaves out the port that the scheme stands for.
  return named === authority || (authority.endsWith(":80") && `${named}:80` === authority);
}
