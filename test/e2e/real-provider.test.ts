/** The ways of a person through oidc-provider, which stands on another site than the app: 127.0.0.1 against localhost. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealProvider, REAL_AUDIENCE, startRealProvider } from "../support/real-provider.js";
import { signInAtProvider } from "./support/at-provider.js";
import { AppServer } from "./support/app-server.js";
import type { BrowserDriver, Profile, Tab } from "./support/driver.js";
import { findDrivers } from "./support/find-drivers.js";
import { begin, ended, onceIn, outcome, ready } from "./support/world.js";

const NEVER = "return typeof await client.getAccessToken({ interaction: 'never' });";

for (const { name, launch } of findDrivers()) {
  describe.skipIf(launch === undefined)(`${name}: a person at a real provider`, () => {
    const itOnce = onceIn(name);
    let driver: BrowserDriver;
    let app: AppServer;
    let provider: RealProvider;
    let profile: Profile;
    let tab: Tab;
    const at = (loginMode: "redirect" | "popup", more: object = {}) => {
      app.settings = {
        options: {
          clientId: "spa",
          issuer: provider.issuer,
          allowInsecureLoopback: true,
          audiences: [REAL_AUDIENCE],
          extraScopes: ["hub_connector_api"],
          loginMode,
          postLogoutRedirectUri: `${app.origin}/`,
          ...more,
        },
      };
    };
    beforeAll(async () => {
      app = await new AppServer({ options: {} }).start();
      provider = await startRealProvider({ spaRedirectUris: [`${app.origin}/`] });
      driver = await (launch as () => Promise<BrowserDriver>)();
      profile = await driver.newProfile();
    });
    afterAll(async () => {
      await profile?.close();
      await Promise.all([driver?.close(), provider?.close(), app?.close()]);
    });

    it("signs in by redirect, refreshes, and is signed in after a reload", async () => {
      at("redirect");
      tab = await profile.open(`${app.origin}/reports?id=7#top`);
      await ready(tab);
      await tab.run("window.appIsReady = 'leaving';");
      await begin(tab);
      await signInAtProvider(app.origin, tab, () => tab.run<boolean>("return window.appIsReady === true;"));
      expect(await outcome(tab, "return (await client.getTokenSet()).audiences;")).toEqual({
        ok: true,
        value: [REAL_AUDIENCE],
      });
      expect(await tab.run("return location.href;")).toBe(`${app.origin}/reports?id=7#top`);
      expect(await outcome(tab, "return typeof await client.getAccessToken({ forceRefresh: true });")).toMatchObject({
        ok: true,
      });
      await tab.reload();
      await ready(tab);
      expect(await outcome(tab, "return typeof await client.getAccessToken({ interaction: 'never' });")).toMatchObject({
        ok: true,
      });
      expect(provider.refreshCount).toBe(1);
    });

    it("PI-08 asks a provider of another site in vain without a person, since its cookies stay out of frames, and never loops", async () => {
      at("redirect", { silentLogin: true });
      await tab.reload();
      await ready(tab);
      await outcome(tab, "await client.destroyTokens();");
      expect(await outcome(tab, NEVER)).toMatchObject({
        ok: false,
        error: { code: "login_required", reason: "provider_requires_interaction" },
      });
    });

    it("signs in silently at a provider of its own site", async () => {
      const neighbour = await startRealProvider({ host: "localhost", spaRedirectUris: [`${app.origin}/`] });
      try {
        at("redirect", { silentLogin: true, issuer: neighbour.issuer });
        await tab.goto(`${app.origin}/`);
        await ready(tab);
        await tab.run("window.appIsReady = 'leaving';");
        await begin(tab);
        await signInAtProvider(app.origin, tab, () => tab.run<boolean>("return window.appIsReady === true;"));
        expect(await outcome(tab, "return typeof await client.getAccessToken();")).toMatchObject({ ok: true });
        await outcome(tab, "await client.destroyTokens();");
        expect(await outcome(tab, NEVER)).toEqual({ ok: true, value: "string" });
      } finally {
        await neighbour.close();
      }
    });

    itOnce("signs in and out in a popup", async () => {
      at("popup");
      await tab.goto(`${app.origin}/`);
      await ready(tab);
      await outcome(tab, "await client.destroyTokens(); await client.ready;");
      const opened = profile.nextTab();
      await tab.click(
        "window.outcome = undefined; client.getAccessToken().then(() => { window.outcome = { ok: true }; }, (error) => { window.outcome = { ok: false, error }; });",
      );
      const popup = await opened.catch(() => undefined);
      // The provider remembers the person, and may be done before the popup is seen.
      if (popup) await signInAtProvider(app.origin, popup, () => popup.isClosed());
      expect(await ended(tab)).toMatchObject({ ok: true });
      const another = profile.nextTab();
      await tab.click(
        "window.outcome = undefined; client.signOut().then((value) => { window.outcome = { ok: true, value }; });",
      );
      const page = await another;
      await signInAtProvider(app.origin, page, () => page.isClosed());
      expect(await ended(tab)).toEqual({
        ok: true,
        value: { revocation: "done", providerSession: "ended", errors: [] },
      });
      expect(provider.serverErrors).toEqual([]);
    });
  });
}
