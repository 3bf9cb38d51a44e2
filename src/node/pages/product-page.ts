/** The default pages of the loopback server: they say how the login ended, and which program asked for it. */
import { ConfigurationError, type KeystoneAuthError } from "../../errors.js";
import type { Page, PageContext, PageHandler } from "../../ports.js";
import type { ProductPageOptions } from "./template.js";

export type { ProductPageOptions } from "./template.js";

/** Both pages at the end of a login. */
export interface ProductPages extends PageHandler {
  landingPage(context: PageContext): Promise<Page>;
  errorPage(error: KeystoneAuthError): Promise<Page>;
}

/**
 * Pages that a company can show its users: self-contained, light and dark, for narrow and wide windows.
 *
 * @throws ConfigurationError (`configuration`) where `product` is empty or `logo` is neither of the two forms
 */
export function productPage(options: ProductPageOptions): ProductPages {
  check(options);
  // The template is loaded when there is a page to show: most programs start with a stored token and never need it.
  return {
    landingPage: async () => {
      const { signedInPage } = await import("./template.js");
      return { html: signedInPage(options) };
    },
    errorPage: async (error) => {
      const { failedPage } = await import("./template.js");
      return { html: failedPage(options, error), status: 400 };
    },
  };
}

function check({ product, version, extra, logo }: ProductPageOptions): void {
  if (typeof product !== "string" || product.trim() === "") {
    throw new ConfigurationError("product", "productPage: product must be a text that is not empty.");
  }
  for (const [option, value] of Object.entries({ version, extra, logo })) {
    if (value !== undefined && typeof value !== "string") {
      throw new ConfigurationError(option, `productPage: ${option} must be a text.`);
    }
  }
  if (logo !== undefined && !/^\s*(data:image\/|<svg[\s>]|<\?xml )/i.test(logo)) {
    throw new ConfigurationError(
      "logo",
      "productPage: logo must be a data:image/… URI or the text of an SVG; the page loads nothing from elsewhere.",
    );
  }
}
