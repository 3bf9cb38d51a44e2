/** The options that mean something in a browser only. */
import type { BrowserConfig } from "../config.js";
import { flag, milliseconds, oneOf, redirectUri, refuse } from "../option-checks.js";
import { OidcFlow, type OidcClientOptions } from "../options.js";
import { readOptions } from "../read-options.js";

/** Reads and checks the options; `page` is the page's address, absent during SSR. Throws ConfigurationError. */
export function readBrowserOptions(options: OidcClientOptions, page: URL | undefined): BrowserConfig {
  const common = readOptions(options, { storage: ["indexeddb", "session", "memory"], allowHttp: false });
  if (common.clientSecret !== undefined) {
    refuse("clientSecret", "is refused in a browser: whoever opens the page could read it. Register a public client.");
  }
  if (common.flow !== OidcFlow.auth_code) refuse("flow", "must be auth_code in a browser.");
  return Object.freeze({
    ...common,
    loginMode: oneOf("loginMode", options.loginMode, ["redirect", "popup"], "redirect"),
    redirectUri: readRedirectUri(options.redirectUri, page),
    silentLogin: flag("silentLogin", options.silentLogin),
    silentLoginTimeoutMs: milliseconds("silentLoginTimeoutSeconds", options.silentLoginTimeoutSeconds, 10),
    allowFramed: flag("allowFramed", options.allowFramed),
    postLogoutRedirectUri:
      options.postLogoutRedirectUri === undefined
        ? undefined
        : redirectUri("postLogoutRedirectUri", options.postLogoutRedirectUri),
  });
}

function readRedirectUri(value: OidcClientOptions["redirectUri"], page: URL | undefined): string | undefined {
  if (page !== undefined && page.origin === "null") {
    // Messages from origin "null" can come from any such page, and such a page has no storage of its own.
    refuse(
      "redirectUri",
      "this page has no origin of its own (a file: address, a sandboxed frame, or a scheme that is not registered as standard " +
        'and secure: origin "null"), so that no provider can send anybody back to it. Serve the page over https, or over http ' +
        "from localhost; in Electron also by a scheme registered with protocol.registerSchemesAsPrivileged.",
    );
  }
  if (value === undefined) return page && `${page.origin}/`;
  const uri = redirectUri("redirectUri", value);
  // By its beginning: of an app's own scheme (Electron's app://bundle) not every URL parser knows the origin.
  if (page !== undefined && !new URL(uri).href.startsWith(`${page.origin}/`)) {
    refuse("redirectUri", `must be of this page's origin, ${page.origin}: another origin cannot finish the login.`);
  }
  return uri;
}
