/** A scripted browser for pages that need no person: GET, and follow redirects. It is no `fetch`, which tests replace. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

const MAX_REDIRECTS = 10;

/** What a visit ended with. */
export interface Visit {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly finalUrl: string;
}

/** How a visit is made. */
export interface VisitOptions {
  /** [true] */
  readonly follow?: boolean;
  readonly headers?: Record<string, string>;
  /** ["GET", "POST" with a form] */
  readonly method?: string;
  /** Sent form-encoded. */
  readonly form?: URLSearchParams;
}

function once(url: URL, options: VisitOptions): Promise<Visit> {
  // One connection each, closed after it: a page's keep-alive must not hold a loopback server open by chance.
  const type = options.form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const method = options.method ?? (options.form === undefined ? "GET" : "POST");
  const settings = { agent: false, method, headers: { ...type, ...options.headers } } as const;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    // Test certificates are signed by nobody; the check of TLS is the client's matter, not this person's.
    const request = send(url, { ...settings, rejectUnauthorized: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const body = Buffer.concat(pieces).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, finalUrl: url.href });
      });
    });
    request.on("error", reject);
    request.end(options.form?.toString());
  });
}

/** Opens an address as a browser without cookies does. */
export async function visit(url: string | URL, options: VisitOptions = {}): Promise<Visit> {
  let page = await once(new URL(url), options);
  for (let hops = 0; (options.follow ?? true) && page.status >= 300 && page.status < 400; hops += 1) {
    const { location } = page.headers;
    if (location === undefined) break;
    if (hops === MAX_REDIRECTS) throw new Error("too many redirects");
    page = await once(new URL(location, page.finalUrl), {});
  }
  return page;
}
