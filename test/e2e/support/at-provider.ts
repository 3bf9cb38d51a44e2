/** A person at the pages of oidc-provider. */
import { type Tab, until } from "./driver.js";

/** Fills in whatever page the provider shows, until it has none left. */
export async function signInAtProvider(appOrigin: string, tab: Tab, isDone: () => Promise<boolean>): Promise<void> {
  await until("the provider has no further page", async () => {
    if (await isDone()) return true;
    await tab.run(
      `if (location.origin === input || document.readyState !== "complete" || window.sent) return;
       const form = document.querySelector("form");
       if (!form) return;
       window.sent = true;
       for (const [name, value] of [["login", "alice"], ["password", "any"]]) if (form.elements[name]) form.elements[name].value = value;
       const button = form.querySelector("[type=submit]") ?? document.querySelector("button[value=yes]");
       setTimeout(() => (button ? button.click() : form.submit()), 0);`,
      appOrigin,
    );
    return undefined;
  });
}
