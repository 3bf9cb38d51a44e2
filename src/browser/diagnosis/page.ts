/**
 * What stands in the way of a login of this page: its provider, whether the page may read its answers, the page itself. A part of
 * its own, which few pages load: it makes use of the online part's server and session and has no state.
 */
import {
  checkWithin,
  type Diagnosis,
  diagnosisOf,
  type Finding,
  ok,
  skipped,
  warning,
} from "../../client/diagnosis.js";
import type { DiagnosisSubject } from "../../client/platform.js";
import { askProvider, clockFinding, scopesFinding, type TimeTold } from "../../client/provider-checks.js";
import { sessionFinding } from "../../client/stored-checks.js";
import type { BrowserConfig } from "../../options/config.js";
import { requireEndpoint, type ServerMetadata } from "../../protocol/metadata.js";
import { clientFinding, corsFinding, explain, type Reach } from "./reach.js";
import { channelFinding, lockFinding, storageFinding } from "./storage.js";
import { hasPage, requireLoginPage } from "../page.js";

export async function diagnosePage(config: BrowserConfig, { server, session }: DiagnosisSubject): Promise<Diagnosis> {
  const run = checkWithin(server.clock, config.requestTimeoutMs);
  const reach: Reach = { config, unreadable: new Set() };
  const inquiry = { server, explain: (url: string) => explain(reach, url) };
  const { asking, after, checks } = askProvider(inquiry, run);
  const client = after((metadata) => clientFinding(inquiry, reach, metadata));
  const page = askOwnPage(ownAddress());
  return await diagnosisOf({
    ...checks,
    cors: Promise.all([asking, checks.keys, client]).then(([{ metadata }]) =>
      corsFinding(reach, metadata !== undefined),
    ),
    clock: asking.then(({ time }) => run(async () => clockOf(time, await page, config))),
    client,
    redirect_uri: run(() => redirectUriFinding(config)),
    scopes: after((metadata) => scopesFinding(metadata, config)),
    storage: run(() => storageFinding(config)),
    session: run(async () => {
      const record = await session.readStored();
      return sessionFinding(record, session.timeLeft(record), config);
    }),
    channel: run(() => channelFinding(config)),
    lock: run(() => lockFinding(config)),
    silent_login: after((metadata) => silentLoginFinding(metadata, config)),
    coop: run(async () => coopFinding(config, await page)),
  });
}

/** This page's own address without its query, which may hold a response. */
const ownAddress = (): string | undefined => (hasPage() ? location.origin + location.pathname : undefined);

interface OwnPage {
  readonly status: number;
  readonly headers: Headers;
  readonly asked: number;
  readonly answered: number;
}

/** What the page's own server says today of a page of this origin. Never rejects. */
async function askOwnPage(url: string | undefined): Promise<OwnPage | undefined> {
  if (url === undefined) return undefined;
  const asked = Date.now();
  try {
    const { status, headers, body } = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    const answered = Date.now();
    body?.cancel().catch(() => {});
    return { status, headers, asked, answered };
  } catch {
    return undefined;
  }
}

/** By the provider's time where this page may read it, else by that of the page's own server, whose clock may be the wrong one. */
function clockOf(time: TimeTold | undefined, page: OwnPage | undefined, { clockToleranceMs }: BrowserConfig): Finding {
  if (time?.date) return clockFinding(time, clockToleranceMs);
  const isFresh = page && !page.headers.has("age") && !navigator.serviceWorker?.controller;
  const date = isFresh ? page.headers.get("date") : null;
  if (!page || date === null)
    return skipped("Not known: a page may not read the provider's time, and its own server told none.");
  const found = clockFinding({ ...page, date }, clockToleranceMs, "that of this page's server");
  return found.outcome === "failed" ? { ...found, outcome: "warning" } : found;
}

/** Whether it is registered, a login alone can tell: the provider then shows a page of its own instead of coming back. */
async function redirectUriFinding(config: BrowserConfig): Promise<Finding> {
  const { redirectUri } = requireLoginPage(config);
  const page = await askOwnPage(redirectUri);
  if (page && page.status >= 400) {
    const found = `The redirect URI ${redirectUri} is answered with status ${page.status}: nobody can come back there.`;
    return warning(found, "Name a page of this app in the option redirectUri, or have the server serve it.");
  }
  const todo = `Register it for the client "${config.clientId}" to the letter, with or without the slash at its end as here; else the provider shows an error page instead of coming back.`;
  return skipped(
    `${redirectUri} is sent. Whether the provider has it registered cannot be asked without a login.`,
    todo,
  );
}

/** Whether a frame of the provider would get its cookies: other sites' are withheld by some browsers, which no page is told. */
function silentLoginFinding(metadata: ServerMetadata, config: BrowserConfig): Finding {
  if (!config.silentLogin) return skipped("Not used (option silentLogin).");
  const provider = new URL(requireEndpoint(metadata, "authorization_endpoint", config));
  if (siteOf(provider) === siteOf(new URL(location.href)))
    return ok(`The provider (${provider.host}) is of this page's site: its cookies come along in a frame.`);
  const found = `The provider (${provider.host}) is of another site than this page (${location.host}): a silent login works only where the browser sends cookies of other sites. Safari and Firefox do not, Chrome lets the person choose.`;
  return warning(
    found,
    "Give the provider an address below this app's domain, or expect the provider's page to be shown instead.",
  );
}

/** Scheme and registrable domain, roughly: there is no public list in a page. */
function siteOf({ protocol, hostname }: URL): string {
  const labels = hostname.split(".");
  if (/^[\d.]+$|:/.test(hostname) || labels.length < 3) return protocol + hostname;
  const isCountrys = /^(ac|co|com|edu|gov|net|org)$/.test(labels.at(-2) ?? "") && (labels.at(-1) ?? "").length === 2;
  return protocol + labels.slice(isCountrys ? -3 : -2).join(".");
}

/** Cross-Origin-Opener-Policy cuts a popup off from the page that opened it. */
function coopFinding({ loginMode }: BrowserConfig, page: OwnPage | undefined): Finding {
  if (loginMode !== "popup") return skipped('Not needed: no popup is used (option loginMode is "redirect").');
  const policy = page?.headers.get("cross-origin-opener-policy")?.trim() ?? "";
  const isCut = globalThis.crossOriginIsolated || /^(same-origin|noopener-allow-popups)\s*(;|$)/.test(policy);
  if (!isCut && page === undefined) return skipped("Not known: this page's own server did not answer.");
  if (!isCut) return ok("This page's Cross-Origin-Opener-Policy leaves the popup its way back.");
  const found =
    "This page's Cross-Origin-Opener-Policy cuts popups off: the answer comes by a channel between tabs, and a popup that the person closes is noticed late.";
  return warning(
    found,
    'Serve the page with "Cross-Origin-Opener-Policy: same-origin-allow-popups", or use loginMode: "redirect".',
  );
}
