/** Whether this page may read what the provider answers: what a request without an answer means, and what the token endpoint says. */
import { failed, type Finding, ok, skipped, warning } from "../../client/diagnosis.js";
import type { Inquiry } from "../../client/provider-checks.js";
import type { BrowserConfig } from "../../options/config.js";
import { requireEndpoint, type ServerMetadata } from "../../protocol/metadata.js";

/** How this page reaches the provider. Addresses that it may not read are collected in `unreadable`. */
export interface Reach {
  readonly config: BrowserConfig;
  readonly unreadable: Set<string>;
}

/** A request that got no answer: the provider does not answer, or the page may not read what it says. */
export async function explain({ config, unreadable }: Reach, url: string): Promise<Finding> {
  const { origin } = new URL(url);
  const why = await whyUnanswered(config, url);
  if (why === "policy") {
    const found = `This page's Content-Security-Policy does not allow requests to ${origin}.`;
    return failed(found, `Add ${origin} to its connect-src.`);
  }
  if (why === "cors") {
    unreadable.add(url);
    return failed(`The provider answers, and this page may not read ${url}: see the check cors.`);
  }
  const todo =
    "Open the address in a tab of its own: a wrong host, the network, the VPN or a certificate shows itself there.";
  return failed(`${url} does not answer this page at all.`, todo);
}

/** How long the news of a blocked request may come after its end. */
const NEWS_MS = 200;

/** A request whose answer nobody reads needs no permission: if it gets one, it was the permission that was missing. */
async function whyUnanswered({ fetch: own, requestTimeoutMs }: BrowserConfig, url: string) {
  let isForbidden = false;
  const onViolation = ({ effectiveDirective }: SecurityPolicyViolationEvent) => {
    isForbidden ||= effectiveDirective === "connect-src";
  };
  addEventListener("securitypolicyviolation", onViolation);
  try {
    const signal = AbortSignal.timeout(requestTimeoutMs);
    await (own ?? fetch)(url, { mode: "no-cors", credentials: "omit", cache: "no-store", signal });
    return "cors";
  } catch {
    await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
    return isForbidden ? "policy" : "unreachable";
  } finally {
    removeEventListener("securitypolicyviolation", onViolation);
  }
}

export function corsFinding({ config, unreadable }: Reach, isRead: boolean): Finding {
  const { clientId } = config;
  if (unreadable.size === 0 && !isRead) return skipped("Not known: the provider's metadata could not be used.");
  if (unreadable.size === 0) return ok(`This page (${location.origin}) may read what the provider answers.`);
  const found = `The provider does not allow the origin ${location.origin} to read ${[...unreadable].join(" and ")} (CORS).`;
  const todo = `Register ${location.origin}, without a path or slash, as an allowed origin of the client "${clientId}" at the provider. Where it decides by the client, a wrong option clientId looks the same.`;
  return failed(found, todo);
}

const FORM = { accept: "application/json", "content-type": "application/x-www-form-urlencoded;charset=UTF-8" };

/** A token request without a code, which is refused: how tells whether the client is known, and whether the page may read it. */
export async function clientFinding({ server }: Inquiry, reach: Reach, metadata: ServerMetadata): Promise<Finding> {
  const { clientId, issuer } = reach.config;
  const url = requireEndpoint(metadata, "token_endpoint", reach.config);
  const body = new URLSearchParams({ grant_type: "authorization_code", client_id: clientId }).toString();
  let text: string;
  try {
    ({ text } = await server.fetch("The token endpoint")(url, { method: "POST", headers: FORM, body }));
  } catch (error) {
    if ((error as { code?: unknown }).code !== "network" || (error as { status?: unknown }).status !== undefined)
      throw error;
    return { ...(await explain(reach, url)), outcome: "failed" };
  }
  const said = errorOf(text);
  if (said === "invalid_client" || said === "unauthorized_client") {
    const found = `The provider does not know the client "${clientId}", or not for this use (${url} answered with "${said}").`;
    return warning(
      found,
      `Compare the option clientId with the registration at ${issuer}: it must be a public client (no secret) with the authorization code flow.`,
    );
  }
  if (said === undefined) return skipped(`Not known: ${url} did not answer as a token endpoint does. A login tells.`);
  return ok(`The provider knows the client "${clientId}".`);
}

function errorOf(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
