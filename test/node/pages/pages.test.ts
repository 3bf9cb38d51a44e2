import { describe, expect, it } from "vitest";
import {
  AbortedError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
  NetworkError,
  PopupError,
  ProviderError,
  ResponseError,
  StorageError,
  TimeoutError,
  TokenValidationError,
} from "../../../src/errors.js";
import { type ProductPageOptions, productPage } from "../../../src/node/pages/page-handlers.js";
import { type TwoStagePageOptions, twoStagePage } from "../../../src/node/pages/page-handlers.js";

const context = { getAccessToken: async () => "token" };
const landing = async (options: ProductPageOptions) => (await productPage(options).landingPage(context)).html;
const failed = async (error: KeystoneAuthError, product = "Prizm") =>
  (await productPage({ product }).errorPage(error)).html;

const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>"'><svg onload=alert(3)>`;

describe("productPage", () => {
  it("says that the person is signed in, where to go, and which program asked", async () => {
    const html = await landing({ product: "Prizm", version: "2.4.1" });
    expect(html).toContain("<title>You are signed in</title>");
    expect(html).toContain("You can close this window and go back to Prizm.");
    expect(html).toContain("Requested by Prizm, version 2.4.1");
    expect(await landing({ product: "Prizm" })).not.toContain("version 2");
  });

  it("escapes product and version, and leaves extra and logo as they are", async () => {
    const html = await landing({
      product: HOSTILE,
      version: HOSTILE,
      extra: '<a class="mine">guide</a>',
      logo: '<?xml version="1.0"?><svg id="mine"></svg>',
    });
    expect(html).not.toMatch(/<script|<img|<svg onload/);
    expect(html).toContain('<a class="mine">guide</a>');
    expect(html).toContain('<div class="logo"><svg id="mine"></svg></div>');
  });

  it("keeps dollar signs of every part as they are", async () => {
    expect(await landing({ product: "A$&B$'C", extra: "$1$`" })).toMatch(/back to A\$&amp;B\$&#39;C\.[\s\S]*\$1\$`/);
  });

  it("shows a logo that is a data URI as an image, and refuses anything that would be loaded", async () => {
    expect(await landing({ product: "P", logo: "data:image/png;base64,AA==" })).toContain(
      '<img src="data:image/png;base64,AA==" alt="">',
    );
    for (const logo of ["https://cdn.example/logo.png", "logo.png", "", "data:text/html,x", "javascript:alert(1)"]) {
      expect(() => productPage({ product: "P", logo })).toThrow(ConfigurationError);
    }
  });

  it("refuses an empty product and parts that are no text", () => {
    expect(() => productPage({ product: " " })).toThrow(
      expect.objectContaining({ code: "configuration", option: "product" }),
    );
    expect(() => productPage({ product: "P", version: 3 as never })).toThrow(
      expect.objectContaining({ option: "version" }),
    );
  });

  it("names its language, fits narrow windows, follows the colour scheme, and loads nothing", async () => {
    for (const html of [await landing({ product: "Prizm" }), await failed(new TimeoutError("late"))]) {
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
      expect(html).toContain('name="viewport"');
      expect(html).toContain("prefers-color-scheme:dark");
      expect(html).not.toMatch(/https?:\/\/|@import|url\(|<script/);
    }
  });
});

describe("the error page", () => {
  it("LB-06 holds no markup of an error or its description", async () => {
    const html = await failed(
      new ProviderError(`The provider refused: ${HOSTILE}`, {
        error: HOSTILE,
        errorDescription: `${HOSTILE} described`,
      }),
    );
    expect(html).not.toMatch(/<script|<img|<svg onload/);
    expect(html).not.toMatch(/onerror|onload|&lt;script/);
    expect(html).toContain("described");
  });

  it("LG-04 shows a long description with control characters as one short line", async () => {
    const errorDescription = `a\u001b[31m\r\nb\u202ec\u0000${"z".repeat(10_000)}`;
    const html = await failed(new ProviderError(`Refused: ${errorDescription}`, { error: "x", errorDescription }));
    expect(html).not.toMatch(/[^\P{C}\n]/u);
    const details = /<p dir="auto">(.*?)<\/p>/s.exec(html)?.[1] ?? "";
    expect(details).not.toContain("\n");
    for (const line of details.split("<br>")) expect(line.length).toBeLessThanOrEqual(500);
    expect(details.split("<br>")[0]).toMatch(/^Refused: a \[31m b c z+…$/);
  });

  it("says whether the person is still signed in", async () => {
    expect(await failed(new NetworkError("no answer"))).toContain("if you were signed in before, you still are");
    expect(await failed(new ProviderError("refused", { error: "x", sessionKept: false }))).toContain(
      "You are signed out now",
    );
  });

  it("tells the one who declined from a fault of the service", async () => {
    expect(await failed(new ProviderError("x", { error: "access_denied" }))).toContain("The sign-in was declined.");
    expect(await failed(new ProviderError("x", { error: "temporarily_unavailable" }))).toContain("Wait a moment");
    expect(await failed(new ProviderError("x", { error: "invalid_scope" }))).toContain(
      "The sign-in service refused the sign-in.",
    );
  });

  const every: KeystoneAuthError[] = [
    new AbortedError("m"),
    new AuthorizationResponseError("m"),
    new ConfigurationError("o", "m"),
    new DiscoveryError("m"),
    new EnvironmentError("m"),
    new LockTimeoutError("m"),
    new LoginRequiredError("signed_out", "m"),
    new NetworkError("m"),
    new PopupError("closed", "m"),
    new ProviderError("m", { error: "x" }),
    new ResponseError("m"),
    new StorageError("full", "m"),
    new TimeoutError("m"),
    new TokenValidationError("nonce", "m"),
  ];
  it.each(every.map((error) => [error.code, error] as const))(
    "says what happened and what to do for %s",
    async (_code, error) => {
      const html = await failed(error, "Prizm <3");
      const paragraphs = [...html.matchAll(/<p(?: class="next")?>(.*?)<\/p>/g)].map((match) => match[1]);
      expect(paragraphs).toHaveLength(3);
      expect(paragraphs[0]).toMatch(/^[A-Z].+\.$/);
      expect(paragraphs[2]).toContain("ack to Prizm &lt;3 and try again");
    },
  );
});

describe("twoStagePage", () => {
  const page = (options: Partial<TwoStagePageOptions>) =>
    twoStagePage({ first: "<p>one", path: "/two", second: () => "<p>two", ...options });

  it("makes the first page from the context where it is a function", async () => {
    const { html, keepServing } = await page({
      first: async (given) => `<p>${await given.getAccessToken()}`,
    }).landingPage(context);
    expect(html).toBe('<meta http-equiv="refresh" content="0;url=/two"><p>token');
    expect(keepServing).toBe(true);
  });

  it.each(["first", "second", "path"])("refuses %s where it is something else", (option) => {
    expect(() => page({ [option]: 1 })).toThrow(expect.objectContaining({ code: "configuration", option }));
  });

  it.each(["", "/", "two", "//evil.example", "/\\evil", "/a b", "/a?b", "/a#b", "/../a", "https://evil.example/a"])(
    "refuses the path %j",
    (path) => {
      expect(() => page({ path })).toThrow(expect.objectContaining({ code: "configuration", option: "path" }));
    },
  );
});
