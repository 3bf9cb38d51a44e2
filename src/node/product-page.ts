/** The built-in pages of the loopback server. */
import type { KeystoneAuthError } from "../errors.js";
import type { Page, PageHandler } from "../ports.js";

export interface ProductPageOptions {
  /** The name that the person knows. Escaped. */
  readonly product: string;
  /** Escaped. */
  readonly version?: string;
  /** HTML of the developer, inserted as it is: never put anything from outside in it. */
  readonly extra?: string;
  /** A `data:` URI of an image, or an inline SVG of the developer. */
  readonly logo?: string;
}

/** Makes text safe inside HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--soft:#566273;--paper:#f4f6f8;--card:#fff;--good:#12805c;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#a3afbd;--paper:#12171e;--card:#1b222c;--good:#4cc79b;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{width:100%;max-width:30rem;background:var(--card);border-radius:14px;padding:40px 32px;text-align:center;box-shadow:0 1px 3px rgba(0,0,0,.15)}
h1{font-size:1.4rem;line-height:1.3;margin:16px 0 8px}p{margin:8px 0}.logo{max-height:56px;max-width:200px;margin-bottom:16px}
.mark{width:56px;height:56px}.good{color:var(--good)}.bad{color:var(--bad)}small{display:block;margin-top:28px;color:var(--soft)}`;

const TICK = '<svg class="mark good" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-6.5"/></svg>';
const CROSS = '<svg class="mark bad" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><circle cx="12" cy="12" r="10"/><path d="m8.5 8.5 7 7m0-7-7 7"/></svg>';

function layout(title: string, body: string, { product, version, extra, logo }: ProductPageOptions): string {
  const image = logo === undefined ? "" : logo.startsWith("data:") ? `<img class="logo" alt="" src="${escapeHtml(logo)}">` : `<div class="logo">${logo}</div>`;
  const asked = `Requested by ${escapeHtml(product)}${version === undefined ? "" : `, version ${escapeHtml(version)}`}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${image}${body}${extra ?? ""}<small>${asked}</small></main></body></html>`;
}

function failed(error: KeystoneAuthError, options: ProductPageOptions): Page {
  const session = error.sessionKept ? "An earlier session, if there was one, is kept." : "You are signed out.";
  const body = `${CROSS}<h1>The sign-in did not succeed</h1><p>${escapeHtml(error.message)}</p><p>${session} You can close this window and go back to ${escapeHtml(options.product)}.</p>`;
  return { html: layout("The sign-in did not succeed", body, options), status: 400 };
}

/** The default pages: they tell how the login ended and name the program that asked. */
export function productPage(options: ProductPageOptions): PageHandler {
  return {
    landingPage: () => {
      const body = `${TICK}<h1>You are signed in</h1><p>You can close this window and go back to ${escapeHtml(options.product)}.</p>`;
      return { html: layout("You are signed in", body, options) };
    },
    errorPage: (error) => failed(error, options),
  };
}
