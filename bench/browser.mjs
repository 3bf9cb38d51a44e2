/** What a single-page app pays in Chromium. Without a Chromium the rows say so. */
import { openBrowserSetting } from "./browser-setting.mjs";
import { median, quartiles } from "./numbers.mjs";

const LOADS = 21;
/** About as long as a session with a refresh token, an ID Token and a JWT access token. */
const RECORD = { version: 1, filling: "x".repeat(2500) };

/** Opens browser, page and provider for one part, and closes them after it. */
async function inBrowser(what, work) {
  const setting = await openBrowserSetting();
  if (setting === undefined) return [{ what, result: "no Chromium here" }];
  try {
    return await work(setting, await setting.browser.newContext());
  } finally {
    await setting.close();
  }
}

export const browserMemory = () =>
  inBrowser("Chromium: getAccessToken() from memory", async ({ openPage, signIn, options }, context) => {
    const page = await openPage(context);
    await signIn(page);
    const { hot, floor, clock, ratio, clockRatio } = await page.evaluate((given) => bench.hotPath(given), options);
    return [
      {
        what: "Chromium: getAccessToken() from memory, against await Promise.resolve(string)",
        measured: `${hot.toFixed(0)} ns`,
        floor: `${floor.toFixed(0)} ns`,
        result: `${ratio.toFixed(2)} ×`,
        target: "≤ 2.6 ×",
        met: ratio <= 2.6,
      },
      {
        what: "    the same of an object and Date.now() alone",
        measured: `${clock.toFixed(0)} ns`,
        floor: `${floor.toFixed(0)} ns`,
        result: `${clockRatio.toFixed(2)} ×`,
      },
    ];
  });

export const browserStored = () =>
  inBrowser("Chromium: page load to stored token", async ({ openPage, signIn, options, provider }, context) => {
    const first = await openPage(context);
    await signIn(first);
    await first.evaluate((record) => bench.keepForFloor(record), RECORD);
    provider.ledger.clear();
    const times = { stored: [], raw: [] };
    let asked = 0;
    for (let load = 0; load < LOADS; load += 1) {
      for (const name of load % 2 === 0 ? ["stored", "raw"] : ["raw", "stored"]) {
        const page = await openPage(context);
        const found = await page.evaluate(([call, given]) => bench[call](given), [name, options]);
        times[name].push(found.ms);
        asked += found.requests;
        await page.close();
      }
    }
    asked += provider.ledger.count();
    const [run, floor] = [median(times.stored), median(times.raw)];
    const spread = quartiles(times.stored.map((value, n) => value - times.raw[n]));
    return [
      {
        what: "Chromium: new page to token from IndexedDB, against one raw idb-keyval get",
        measured: `${run.toFixed(2)} ms`,
        floor: `${floor.toFixed(2)} ms`,
        result: `${(run / floor).toFixed(2)} × (${spread.map((value) => value.toFixed(2)).join(" to ")} ms)`,
        target: "≤ 3 ×",
        met: run / floor <= 3,
      },
      { what: "    network requests meanwhile", measured: String(asked), target: "0", met: asked === 0 },
    ];
  });

export const browserRequests = () =>
  inBrowser("Chromium: requests of a redirect login", async ({ openPage, signIn, options, provider }, context) => {
    const page = await openPage(context);
    const rows = [];
    for (const [state, expected] of [
      ["cold", "1 discovery, 1 authorize, 1 token, 1 jwks"],
      ["warm", "1 authorize, 1 token"],
    ]) {
      provider.ledger.clear();
      await signIn(page);
      // A preflight is the browser's own doing.
      const names = ["discovery", "authorize", "token", "jwks"];
      const counts = names.map((name) => [provider.ledger.count(name), name]).filter(([count]) => count > 0);
      const result = counts.map(([count, name]) => `${count} ${name}`).join(", ");
      rows.push({
        what: `Chromium: requests of a redirect login, ${state}`,
        result,
        target: expected,
        met: result === expected,
      });
      await page.evaluate((given) => bench.forget(given), options);
    }
    return rows;
  });

export const browserTabs = (_setting, count) =>
  inBrowser(`Chromium: ${count} tabs, expired token`, async ({ openPage, signIn, options, provider }, context) => {
    const first = await openPage(context);
    await signIn(first, { valid: false });
    const tabs = [first];
    while (tabs.length < count) tabs.push(await openPage(context, `/${tabs.length}`));
    provider.ledger.clear();
    const began = performance.now();
    const tokens = await Promise.all(tabs.map((tab) => tab.evaluate((given) => bench.token(given), options)));
    const ms = performance.now() - began;
    const refreshes = provider.ledger.count("token", "refresh_token");
    const same = new Set(tokens).size === 1;
    const alive = provider.sessionAlive();
    return [
      {
        what: `Chromium: ${count} tabs, expired token, strict reuse detection`,
        measured: `${ms.toFixed(0)} ms for all`,
        result: `${refreshes} refresh, ${same ? "one token" : "several tokens"}, session ${alive ? "alive" : "ended"}`,
        target: "1 refresh, one token, session alive",
        met: refreshes === 1 && same && alive,
      },
    ];
  });
