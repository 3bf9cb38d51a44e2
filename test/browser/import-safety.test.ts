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

  it("PG-03 a page's client that a server renders with signs in no visitor, one or the other, and has nothing of the server's", async () => {
    let requests = 0;
    const fetch = async () => {
      requests += 1;
      throw new Error("no network");
    };
    const visitors = [new browser.OidcClient({ ...options, fetch }), new browser.OidcClient({ ...options, fetch })];
    for (const client of visitors) {
      client.on("session", () => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(client.session).toEqual({ status: "unknown" });
      expect(await client.getIdTokenClaims()).toBeUndefined();
      expect(client.session).toEqual({ status: "signed_out" });
      await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject({ code: "login_required" });
      for (const call of [client.signIn(), client.getAccessToken()])
        await expect(call).rejects.toMatchObject({ code: "environment" });
      expect(requests).toBe(0);
      await client.close();
    }
  });

  it.each(["loginMode", "redirectUri", "silentLogin", "allowFramed", "onReturn", "popupBlocked"])(
    "PG-03 the Node entry refuses the page's option %s, and names the import",
    (name) => {
      const make = () => new node.OidcClient({ ...options, [name]: "x" } as never);
      expect(make).toThrow(expect.objectContaining({ code: "configuration", option: name }) as Error);
      expect(make).toThrow('import from "keystone-auth/browser"');
    },
  );

  it("PG-08 a call on a closed client says that it was closed, and what to do", async () => {
    const client = new browser.OidcClient(options);
    await client.close();
    const calls = [client.getAccessToken(), client.signIn(), client.getIdTokenClaims(), client.signOut()];
    for (const call of calls)
      await expect(call).rejects.toMatchObject({
        code: "aborted",
        message: expect.stringContaining("The client was closed. Make a new client") as string,
      });
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
