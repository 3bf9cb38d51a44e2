/** The options that mean something in a browser only. */
import type { BrowserSettings } from "../options/config.js";
import {
  callable,
  type Check,
  flag,
  oneOf,
  optional,
  readAll,
  redirectUri,
  refuse,
  seconds,
} from "../options/checks.js";
import { mustBeKnown } from "../options/names.js";
import type { OidcClientOptions } from "../options/options.js";
import { mustHoldOptions, readOptions } from "../options/read.js";

const PAGE = {
  storage: ["indexeddb", "session", "memory"],
  allowHttp: false,
  interaction: "auto",
  whenUserChanges: "reject",
} as const;

/** Reads and checks the options; `page` is the page's address, absent during SSR. Throws ConfigurationError. */
export function readBrowserOptions(options: OidcClientOptions, page: URL | undefined): BrowserSettings {
  mustHoldOptions(options);
  mustBeKnown(options, "page");
  const { clientSecret, flow = "auth_code" } = options;
  if (clientSecret !== undefined) {
    refuse("clientSecret", "is refused: whoever opens the page could read it. Register a public client.");
  }
  if (flow !== "auth_code") refuse("flow", "must be auth_code in a browser.");
  const kind = { flow, clientSecret, clientAuthentication: "auto" } as const;
  return Object.freeze({
    ...readOptions(options, PAGE, kind),
    ...readAll(
      {
        loginMode: oneOf(["redirect", "popup"]),
        popupBlocked: oneOf(["error", "redirect"]),
        onReturn: callable<(path: string) => void>,
        redirectUri: ofPage(page),
        silentLogin: flag,
        silentLoginTimeoutMs: seconds(10),
        allowFramed: flag,
        postLogoutRedirectUri: optional(redirectUri),
      },
      options,
    ),
  });
}

const ofPage =
  (page: URL | undefined): Check<string | undefined> =>
  (value, option) => {
    // By the protocol, too: to some browsers a file's origin is "file://".
    if (page !== undefined && (page.origin === "null" || page.protocol === "file:")) {
      // Messages from origin "null" can come from any such page, and such a page has no storage of its own.
      refuse(
        option,
        'no provider can send anybody back to a page of origin "null" (file:, a sandboxed frame, or a scheme of the app\'s ' +
          "own, such as capacitor:, ionic:, tauri: or app:). Serve it over https, or http from localhost, or give the scheme " +
          "an origin where the framework can, as Electron's protocol.registerSchemesAsPrivileged does.",
      );
    }
    if (value === undefined) return page && `${page.origin}/`;
    const uri = redirectUri(value, option);
    // By its beginning: of an app's own scheme (Electron's app://bundle) not every URL parser knows the origin.
    if (page !== undefined && !new URL(uri).href.startsWith(`${page.origin}/`)) {
      refuse(option, `must be of this page's origin, ${page.origin}: no other can finish the login.`);
    }
    return uri;
  };
