import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import * as browser from "../../src/browser/index.js";
import * as node from "../../src/node/index.js";

const options = { clientId: "spa", issuer: "https://id.example" };

describe("the browser entry outside a page", () => {
  it("IV-08 can be imported and constructed where there is neither window nor document, and says why nobody can sign in", async () => {
    const client = new browser.OidcClient({ ...options, fetch: async () => Promise.reject(new Error("no network")) });
    const troubles: string[] = [];
    client.on("storage", ({ error }) => troubles.push(error.kind));
    await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({ code: "login_required" });
    await expect(client.getAccessToken()).rejects.toMatchObject({ code: "environment" });
    expect(troubles).toEqual(["unavailable"]);
    await client.close();
  });

  it("IV-08 does nothing at import, even where nothing at all is there", async () => {
    const { outputFiles } = await build({
      entryPoints: [createRequire(import.meta.url).resolve("../../src/browser/index.ts")],
      bundle: true,
      write: false,
      format: "iife",
      globalName: "sdk",
      logLevel: "silent",
    });
    // An empty realm: any look at a global of a browser or of Node throws.
    const bare = runInNewContext(`${outputFiles[0]?.text}; Object.keys(sdk)`) as string[];
    expect(bare).toContain("OidcClient");
  });

  it("has the names of the Node entry, but for its pages and Electron's keychain", () => {
    const expected = Object.keys(node).filter(
      (name) => !["productPage", "safeStorageKeychain", "twoStagePage"].includes(name),
    );
    expect(Object.keys(browser).sort()).toEqual(expected.sort());
  });
});
