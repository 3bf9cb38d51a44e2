/** The built-in pages as HTML. Loaded when one is shown. */
import type { ErrorCode, KeystoneAuthError, ProviderError } from "../../errors.js";
import { oneLine } from "../../options/log.js";
import { isClaimMissing, isRenewedForClaim } from "../../session/claim-missing.js";
import { escapeHtml } from "./html.js";

/** Whom to ask, or where, for an account that lacks a licence. */
export interface ProductHelp {
  /** A sentence, such as `"Ask licences@example.com for a licence of Prizm."` Escaped. */
  readonly text: string;
  /** Where `text` leads: an address with http, https or mailto. [no link] */
  readonly href?: string | undefined;
}

/** What the pages say of the program. */
export interface ProductPageOptions {
  /** The name that the person knows. Escaped. */
  readonly product: string;
  /** The program's version. Escaped. [not shown] */
  readonly version?: string | undefined;
  /**
   * HTML of yours below the message, inserted as it is: put nothing in it that comes from outside. Scripts and external
   * resources are blocked by the page's Content-Security-Policy; inline styles and `data:` images work.
   */
  readonly extra?: string | undefined;
  /** What a person can do who is signed in and whose account lacks what the program requires (option `requiredClaims`). */
  readonly help?: ProductHelp | undefined;
  /** Your logo: a `data:image/…` URI, or the text of an SVG (`<svg …>`), inserted as it is. [none] */
  readonly logo?: string | undefined;
}

const TICK = '<path d="m15.5 25 6 6 11.5-13"/>';
const BANG = '<path d="M24 13.5v12.5m0 7.8v.4"/>';
const CROSS = '<path d="m17.5 17.5 13 13m0-13-13 13"/>';

/** The page after a login that succeeded. */
export function signedInPage(options: ProductPageOptions): string {
  const message = `<p>You can close this window and go back to ${name(options)}.</p>`;
  return layout(options, "good", TICK, "You are signed in", message);
}

/** The page after a sign-out at the provider. */
export function signedOutPage(options: ProductPageOptions): string {
  const message = `<p>You can close this window and go back to ${name(options)}.</p>`;
  return layout(options, "good", TICK, "You are signed out", message);
}

/** The page after a sign-out that the provider answers with an error: its session may go on. */
export function signOutUnknownPage(options: ProductPageOptions): string {
  const message =
    `<p>${name(options)} has signed you out here. The sign-in service answered with an error, so that you may still be signed in there.</p>` +
    `<p class="next">To be sure, sign out at its own page.</p>`;
  return layout(options, "lacking", BANG, "The sign-out did not succeed at the sign-in service", message);
}

/** The page after a login whose account lacks what the program requires: the session is there all the same. */
function lackingPage(options: ProductPageOptions, error: KeystoneAuthError): string {
  const { help } = options;
  const href = help?.href === undefined ? undefined : escapeHtml(help.href);
  const told = escapeHtml(help?.text ?? "Ask whoever looks after your account or your licences.");
  const advice = href === undefined ? told : `<a href="${href}" rel="noopener noreferrer">${told}</a>`;
  const then = isRenewedForClaim(error) ? "try again: you need not sign in again" : "sign in again";
  const again = `Once your account has it, go back to ${name(options)} and ${then}.`;
  const message =
    `<p>Your account lacks what ${name(options)} needs, such as a licence.</p>` +
    `<p class="next">${advice}</p><p>${again}</p>${details(error)}`;
  return layout(options, "lacking", BANG, "You are signed in, but something is missing", message);
}

/** The page after a login that failed: what happened, what became of the session, what to do next. */
export function failedPage(options: ProductPageOptions, error: KeystoneAuthError): string {
  if (isClaimMissing(error)) return lackingPage(options, error);
  const { what, next } = explainFailure(error, name(options));
  const session = error.sessionKept
    ? "Nothing has changed by this: if you were signed in before, you still are."
    : "You are signed out now.";
  const message = `<p>${what}</p><p>${session}</p><p class="next">${next}</p>${details(error)}`;
  return layout(options, "bad", CROSS, "The sign-in did not succeed", message);
}

function details(error: KeystoneAuthError): string {
  return `<details><summary>Details for support</summary><p dir="auto">${text(error.message)}${providerText(error)}</p></details>`;
}

/** What the provider said, where the message does not already say it. */
function providerText(error: KeystoneAuthError): string {
  const { error: code, errorDescription } = error as { error?: unknown; errorDescription?: unknown };
  const parts = [code, errorDescription].filter(
    (part): part is string => typeof part === "string" && !error.message.includes(part),
  );
  return parts.map((part) => `<br>${text(part)}`).join("");
}

/** Text that may come from outside: one line, at most 500 characters. Markup in it was meant for this page: it goes. */
function text(value: string): string {
  return escapeHtml(oneLine(value.replace(/<[^>]*(>|$)/g, " ")));
}

function name({ product }: ProductPageOptions): string {
  return escapeHtml(product);
}

function layout(
  options: ProductPageOptions,
  kind: "good" | "bad" | "lacking",
  mark: string,
  title: string,
  message: string,
): string {
  const { version, extra, logo } = options;
  const requested = `Requested by ${name(options)}${version === undefined ? "" : `, version ${escapeHtml(version)}`}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body class="${kind}">
<main>
${logo === undefined ? "" : logoHtml(logo)}
<svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false"><circle cx="24" cy="24" r="24"/>${mark}</svg>
<h1>${title}</h1>
${message}
${extra === undefined ? "" : `<div class="extra">${extra}</div>`}
</main>
<footer>${requested}</footer>
</body>
</html>
`;
}

function logoHtml(logo: string): string {
  const trimmed = logo.trim();
  // An XML declaration has no place inside HTML.
  const image = /^data:/i.test(trimmed)
    ? `<img src="${escapeHtml(trimmed)}" alt="">`
    : trimmed.slice(trimmed.search(/<svg[\s>]/i));
  return `<div class="logo">${image}</div>`;
}

const WHAT: Readonly<Partial<Record<ErrorCode, string>>> = {
  aborted: "The sign-in was ended before it was complete.",
  authorization_response: "The answer that came back does not belong to this sign-in.",
  configuration: "The program is not set up correctly.",
  discovery: "The sign-in service is not set up as the program expects.",
  environment: "Something that the sign-in needs is missing on this computer.",
  network: "The sign-in service could not be reached.",
  provider: "The sign-in service refused the sign-in.",
  response: "The sign-in service gave an answer that cannot be used.",
  storage: "The sign-in could not be saved on this computer.",
  timeout: "The sign-in took too long.",
  token_validation: "The sign-in service gave an answer that did not pass the checks, so it was not used.",
};

/** A failed login in the words of the person who sits before it. `product` is HTML already, and so are both sentences. */
function explainFailure(error: KeystoneAuthError, product: string): { what: string; next: string } {
  const refusal = error.code === "provider" ? (error as ProviderError).error : "";
  const again = `Go back to ${product} and try again.`;
  const support = `Go back to ${product} and try again. If it happens again, give the details below to its support.`;
  if (refusal === "access_denied") return { what: "The sign-in was declined.", next: again };
  if (["server_error", "temporarily_unavailable"].includes(refusal)) {
    return {
      what: "The sign-in service has a fault of its own at the moment.",
      next: `Wait a moment, then go back to ${product} and try again.`,
    };
  }
  const what = WHAT[error.code] ?? "The sign-in could not be completed.";
  return { what, next: error.retryable || error.code === "aborted" ? again : support };
}

/** The built-in pages' style. All text has a contrast of at least 4.5 to 1 in both schemes (WCAG 2.2, 1.4.3). */
const PAGE_STYLE = `
:root{--page:#f3f5f8;--card:#fff;--edge:#e1e6ec;--ink:#17202b;--soft:#566172;--good:#0f7b4f;--bad:#b3261e;--lacking:#8a5a00;--link:#0b5cad;--stroke:#fff}
@media (prefers-color-scheme:dark){:root{--page:#11161d;--card:#1a212b;--edge:#2b3542;--ink:#eef2f7;--soft:#a9b4c2;--good:#4fcf97;--bad:#ff8b80;--lacking:#f2b84b;--link:#8cc2ff;--stroke:#11161d}}
*{box-sizing:border-box}
html{background:var(--page)}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;align-items:center;justify-content:center;padding:32px 20px;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{width:100%;max-width:30rem;padding:44px 40px;background:var(--card);border:1px solid var(--edge);border-radius:16px;text-align:center;overflow-wrap:anywhere;box-shadow:0 1px 2px rgb(16 24 40/.05),0 12px 32px rgb(16 24 40/.07)}
.logo{display:flex;justify-content:center;margin-bottom:32px}
.logo img,.logo svg{display:block;max-width:min(220px,100%);max-height:52px}
.mark{display:block;width:64px;height:64px;margin:0 auto 24px}
.mark circle{fill:var(--good)}
.bad .mark circle{fill:var(--bad)}
.lacking .mark circle{fill:var(--lacking)}
.mark path{fill:none;stroke:var(--stroke);stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
h1{margin:0 0 10px;font-size:1.625rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;overflow-wrap:normal;text-wrap:balance}
p{margin:0;color:var(--soft);text-wrap:balance}
p+p{margin-top:10px}
a{color:var(--link);text-underline-offset:3px;border-radius:4px}
a:focus-visible{outline:2px solid currentColor;outline-offset:3px}
.next{color:var(--ink);font-weight:550}
.extra{margin-top:28px;padding-top:24px;border-top:1px solid var(--edge)}
details{margin-top:28px;padding-top:20px;border-top:1px solid var(--edge);text-align:start;font-size:.875rem}
summary{width:fit-content;color:var(--soft);cursor:pointer;border-radius:4px}
summary:focus-visible{outline:2px solid currentColor;outline-offset:3px}
details p{margin-top:10px;text-wrap:wrap}
footer{margin-top:24px;max-width:30rem;color:var(--soft);font-size:.8125rem;text-align:center;overflow-wrap:anywhere}
@media (max-width:30rem){body{padding:20px 16px}main{padding:32px 22px}h1{font-size:1.4375rem}}
@media (forced-colors:active){.mark circle{fill:CanvasText}.mark path{stroke:Canvas}}
`;
