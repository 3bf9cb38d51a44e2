/** The built-in pages as HTML. Loaded when one is shown. */
import type { KeystoneAuthError } from "../../errors.js";
import { oneLine } from "../../options/log.js";
import { escapeHtml } from "./html.js";
import { PAGE_STYLE } from "./style.js";
import type { ProductPageOptions } from "./product-page.js";
import { explainFailure } from "./failure.js";

const TICK = '<path d="m15.5 25 6 6 11.5-13"/>';
const CROSS = '<path d="m17.5 17.5 13 13m0-13-13 13"/>';

/** The page after a login that succeeded. */
export function signedInPage(options: ProductPageOptions): string {
  const message = `<p>You can close this window and go back to ${name(options)}.</p>`;
  return layout(options, "good", TICK, "You are signed in", message);
}

/** The page after a login that failed: what happened, what became of the session, what to do next. */
export function failedPage(options: ProductPageOptions, error: KeystoneAuthError): string {
  const { what, next } = explainFailure(error, name(options));
  const session = error.sessionKept
    ? "Nothing has changed by this: if you were signed in before, you still are."
    : "You are signed out now.";
  const details = `<details><summary>Details for support</summary><p dir="auto">${text(error.message)}${providerText(error)}</p></details>`;
  const message = `<p>${what}</p><p>${session}</p><p class="next">${next}</p>${details}`;
  return layout(options, "bad", CROSS, "The sign-in did not succeed", message);
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
  kind: "good" | "bad",
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
