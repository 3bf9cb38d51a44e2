/** The provider's logout page in the system browser. */
import type { NodeConfig } from "../options/config.js";
import { EnvironmentError } from "../errors.js";
import type { ProviderSessionResult } from "../client/platform.js";
import { type EndSessionRequest, endSessionUrl } from "../protocol/sign-out.js";
import { nodeClock } from "./clock.js";
import { openSystemBrowser } from "./system-browser.js";

/** An opener that fails does so soon; one that is still at it after this has shown something, or hangs. */
const WATCH_MS = 2_000;

/**
 * Opens the page. What the person does there is not known here: "ended" says that the page was asked for. The ID Token in
 * the address is a hint for the provider that the person has just left; it opens nothing.
 *
 * @throws EnvironmentError (`environment`) where it cannot be opened
 */
export async function endSessionInBrowser(
  config: NodeConfig,
  request: EndSessionRequest,
): Promise<ProviderSessionResult> {
  const open = async () => await (config.openBrowser ?? openSystemBrowser)(endSessionUrl(request));
  let cancel = () => {};
  const watched = new Promise<void>((resolve) => {
    // The system's own opener has limits of its own, some of them longer.
    if (config.openBrowser !== undefined) cancel = nodeClock.after(WATCH_MS, resolve);
  });
  try {
    await Promise.race([open(), watched]);
    return "ended";
  } catch {
    // Its message may hold the address, and so the ID Token.
    throw new EnvironmentError(
      "The provider's logout page could not be opened in a browser, so that the session at the provider goes on.",
      { sessionKept: false },
    );
  } finally {
    cancel();
  }
}
