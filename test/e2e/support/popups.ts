/** The popup of a sign-in, as a person uses it. */
import { type Tab, until } from "./driver.js";
import type { World } from "./world.js";

export const IN_CLICK = "return await client.getAccessToken();";

/** Calls in a click, as an app's sign-in button does. */
export const callInClick = (body: string): string =>
  `window.outcome = undefined;
   (async () => { ${body} })().then((value) => { window.outcome = { ok: true, value }; },
     (error) => { window.outcome = { ok: false, error: { name: error.name, code: error.code, kind: error.kind, reason: error.reason, message: error.message } }; });`;

export function popupsOf(world: World) {
  const openReady = async (): Promise<Tab> => {
    const tab = await world.open();
    await tab.run("await client.ready;");
    return tab;
  };
  /** A page of the provider's that waits for the person. */
  const showPage = (headers: Record<string, string> = {}) =>
    world.provider.on("authorize", async (exchange) => {
      const answer = await exchange.next();
      const target = JSON.stringify(String(answer.headers?.location));
      const body = `<!doctype html><title>Sign in</title><button onclick='location.href = ${target}'>Yes</button>`;
      return { status: 200, headers: { "content-type": "text/html", ...headers }, body };
    });
  const atProvider = (popup: Tab) =>
    until("the provider's page is in the popup", () => popup.run<boolean>("return document.title === 'Sign in';"));
  const sayYes = async (popup: Tab) => {
    await atProvider(popup);
    // The popup may be gone before it can answer.
    await popup.run("document.querySelector('button').click();").catch(() => {});
  };
  const clickIn = (tab: Tab) => tab.click(callInClick(IN_CLICK));
  return { openReady, showPage, atProvider, sayYes, clickIn };
}
