/** Two pages: the first at once, the second with something that was fetched with the token. */
import type { PageContext, PageHandler } from "../ports.js";
import { escapeHtml } from "./product-page.js";

export interface TwoStagePageOptions {
  /** HTML shown first; it goes on to `path` by itself. */
  readonly first: string;
  /** Begins with "/"; not the callback's path. */
  readonly path: string;
  /** Makes the second page's HTML. Escape whatever comes from outside. */
  readonly second: (context: PageContext) => string | Promise<string>;
}

export function twoStagePage({ first, path, second }: TwoStagePageOptions): PageHandler {
  const refresh = `<meta http-equiv="refresh" content="0;url=${escapeHtml(path)}">`;
  return {
    landingPage: () => ({ html: first.includes("</head>") ? first.replace("</head>", () => `${refresh}</head>`) : refresh + first, keepServing: true }),
    page: async (url, context) =>
      url.pathname === path ? { html: await second(context) } : { html: "", status: 404, keepServing: true },
  };
}
