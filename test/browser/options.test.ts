import { describe, expect, it } from "vitest";
import { readBrowserOptions } from "../../src/browser/options.js";
import type { OidcClientOptions } from "../../src/options/options.js";

const page = new URL("https://app.example/deep/page?x=1#y");
const base: OidcClientOptions = { clientId: "spa", issuer: "https://id.example" };
const read = (options: Record<string, unknown>, at: URL | undefined = page) =>
  readBrowserOptions({ ...base, ...options } as OidcClientOptions, at);

describe("the options in a browser", () => {
  it("have the defaults that the API names", () => {
    expect(read({})).toMatchObject({
      loginMode: "redirect",
      redirectUri: "https://app.example/",
      storage: "indexeddb",
      silentLogin: false,
      silentLoginTimeoutMs: 10_000,
      allowFramed: false,
      postLogoutRedirectUri: undefined,
    });
  });

  it("IV-08 have no redirect URI where there is no page", () => {
    expect(readBrowserOptions(base, undefined).redirectUri).toBeUndefined();
  });

  it.each([
    ["clientSecret", { clientSecret: "x" }],
    ["flow", { flow: "device_code" }],
    ["flow", { flow: "client_credentials" }],
    ["storage", { storage: "file" }],
    ["loginMode", { loginMode: "tab" }],
    ["redirectUri", { redirectUri: "/callback" }],
    ["redirectUri", { redirectUri: "https://app.example/#f" }],
    ["redirectUri", { redirectUri: "https://other.example/" }],
    ["silentLogin", { silentLogin: "yes" }],
    ["silentLoginTimeoutSeconds", { silentLoginTimeoutSeconds: Number.NaN }],
    ["silentLoginTimeoutSeconds", { silentLoginTimeoutSeconds: 2 ** 40 }],
    ["allowFramed", { allowFramed: 1 }],
    ["postLogoutRedirectUri", { postLogoutRedirectUri: "javascript:alert(1)" }],
  ])("IV-02 IV-06 refuse a bad %s", (option, options) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code: "configuration", option }));
  });

  it.each([["file:///home/me/app.html"], ["data:text/html,x"]])("PI-13 refuse a page at %s, and say why", (address) => {
    expect(() => read({}, new URL(address))).toThrow(/origin "null"/);
  });

  it("take a page of a desktop app's own scheme, and a redirect URI of that page only", () => {
    // As Chromium gives it for a scheme that is registered as standard; Node knows no such schemes.
    const bundled = Object.defineProperty(new URL("app://bundle/index.html"), "origin", { value: "app://bundle" });
    expect(read({}, bundled).redirectUri).toBe("app://bundle/");
    expect(read({ redirectUri: "app://bundle/callback.html" }, bundled).redirectUri).toBe("app://bundle/callback.html");
    for (const redirectUri of [
      "app://other/",
      "app://bundle.evil/",
      "app://bundle@evil/",
      "com.example.app:/callback",
    ]) {
      expect(() => read({ redirectUri }, bundled)).toThrow(/of this page's origin, app:\/\/bundle/);
    }
  });

  it("PG-35 refuse a file to whose page the browser gives an origin", () => {
    // As Chromium does.
    const file = Object.defineProperty(new URL("file:///home/me/app.html"), "origin", { value: "file://" });
    expect(() => read({}, file)).toThrow(expect.objectContaining({ code: "configuration", option: "redirectUri" }));
    expect(() => read({ redirectUri: "https://app.example/" }, file)).toThrow(/origin "null"/);
  });

  it.each(["capacitor://localhost/", "tauri://localhost/", "ionic://localhost/app"])(
    "PG-31 refuse a page at %s in words that fit any framework",
    (address) => {
      expect(() => read({}, new URL(address))).toThrow(
        /capacitor:, ionic:, tauri: or app:.*https.*where the framework can/,
      );
    },
  );

  it("refuse a page of a scheme that is not registered as standard, and say what to do", () => {
    expect(() => read({}, new URL("app://bundle/index.html"))).toThrow(/registerSchemesAsPrivileged/);
  });
});
