/** Page handlers for programs: the default pages of the loopback server, and two pages of a program's own. */
import { ConfigurationError, type KeystoneAuthError } from "../../errors.js";
import { mustBeNamed } from "../../options/names.js";
import { isClaimMissing } from "../../session/claim-missing.js";
import type { Page, PageContext, PageHandler } from "../../ports.js";
import { escapeHtml, insertInHead } from "./html.js";
import type { ProductPageOptions } from "./template.js";

export type { ProductHelp, ProductPageOptions } from "./template.js";

/** Both pages at the end of a login. */
export interface ProductPages extends PageHandler {
  landingPage(context: PageContext): Promise<Page>;
  errorPage(error: KeystoneAuthError): Promise<Page>;
}

/**
 * Pages that a company can show its users: self-contained, light and dark, for narrow and wide windows.
 *
 * @throws ConfigurationError (`configuration`) where `product` is empty, or `logo` or `help` cannot be used
 */
export function productPage(options: ProductPageOptions): ProductPages {
  check(options);
  // The template is loaded when there is a page to show: most programs start with a stored token and never need it.
  return {
    product: options.product,
    landingPage: async () => {
      const { signedInPage } = await import("./template.js");
      return { html: signedInPage(options) };
    },
    errorPage: async (error) => {
      const { failedPage } = await import("./template.js");
      return { html: failedPage(options, error), status: isClaimMissing(error) ? 403 : 400 };
    },
  };
}

function check(options: ProductPageOptions): void {
  mustBeNamed(options, ["product", "version", "extra", "help", "logo"]);
  const { product, version, extra, help, logo } = options;
  if (typeof product !== "string" || product.trim() === "") {
    throw new ConfigurationError("product", "productPage: product must be a text that is not empty.");
  }
  for (const [option, value] of Object.entries({ version, extra, logo })) {
    if (value !== undefined && typeof value !== "string") {
      throw new ConfigurationError(option, `productPage: ${option} must be a text.`);
    }
  }
  if (help !== undefined) checkHelp(help);
  if (logo !== undefined && !/^\s*(data:image\/|<svg[\s>]|<\?xml )/i.test(logo)) {
    throw new ConfigurationError(
      "logo",
      "productPage: logo must be a data:image/… URI or the text of an SVG; the page loads nothing from elsewhere.",
    );
  }
}

function checkHelp(help: NonNullable<ProductPageOptions["help"]>): void {
  const refuse = (problem: string) => {
    throw new ConfigurationError("help", `productPage: help ${problem}`);
  };
  if (typeof help !== "object" || help === null)
    refuse("must be an object with text, and href where it leads somewhere.");
  mustBeNamed(help, ["text", "href"], "help.");
  const { text, href } = help;
  if (typeof text !== "string" || text.trim() === "") refuse("needs a text that is not empty.");
  // A browser drops line ends and tabs within a scheme: only what is parsed counts.
  const isSafe = (address: unknown) =>
    typeof address === "string" &&
    URL.canParse(address) &&
    ["http:", "https:", "mailto:"].includes(new URL(address).protocol);
  if (href !== undefined && !isSafe(href)) refuse("has an href that is no http, https or mailto address.");
}

/** The two pages. */
export interface TwoStagePageOptions {
  /** The page after the login; it goes on to `path` by itself. */
  readonly first: string | ((context: PageContext) => string | Promise<string>);
  /** Where the second page is: a path that begins with one `/` and is not that of the redirect URI. */
  readonly path: string;
  /** The second page. It has 5 s; escape whatever comes from outside. */
  readonly second: (context: PageContext) => string | Promise<string>;
}

/**
 * Shows `first`, then `second`. The second page is asked for by the browser after `getAccessToken()` of the client may
 * have returned: the loopback server outlives the login for it, by at most 10 s without a request.
 *
 * @throws ConfigurationError (`configuration`) for a part that cannot be used
 */
export function twoStagePage(options: TwoStagePageOptions): PageHandler {
  mustBeNamed(options, ["first", "path", "second"]);
  const { first, path, second } = options;
  // Parsed and spelt out again it must be the same, or the browser would ask for something else.
  if (typeof path !== "string" || !/^\/[^/\\?#]/.test(path) || new URL(path, "http://127.0.0.1").pathname !== path) {
    throw new ConfigurationError(
      "path",
      "twoStagePage: path must be an absolute path such as /landing, without a query, and not / alone.",
    );
  }
  if (typeof first !== "string" && typeof first !== "function") {
    throw new ConfigurationError("first", "twoStagePage: first must be HTML or a function that makes it.");
  }
  if (typeof second !== "function") {
    throw new ConfigurationError("second", "twoStagePage: second must be a function that makes HTML.");
  }
  const refresh = `<meta http-equiv="refresh" content="0;url=${escapeHtml(path)}">`;
  return {
    landingPage: async (context) => {
      const html = typeof first === "function" ? await first(context) : first;
      return { html: insertInHead(html, refresh), keepServing: true };
    },
    page: async (url, context) =>
      url.pathname === path
        ? { html: await second(context) }
        : {
            html: "<!doctype html><title>Not found</title><p>There is nothing at this address.</p>",
            status: 404,
            keepServing: true,
          },
  };
}
