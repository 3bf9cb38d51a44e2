/** The provider's logout page in the system browser. */
import type { NodeConfig } from "../config.js";
import type { ProviderSessionResult } from "../platform.js";
import { type EndSessionRequest, endSessionUrl } from "../protocol/sign-out.js";
import { openSystemBrowser } from "./system-browser.js";

/**
 * Opens the page. What the person does there is not known here: "ended" says that the page was asked for. The ID Token in
 * the address is a hint for the provider that the person has just left; it opens nothing.
 */
export async function endSessionInBrowser(
  config: NodeConfig,
  request: EndSessionRequest,
): Promise<ProviderSessionResult> {
  try {
    await (config.openBrowser ?? openSystemBrowser)(endSessionUrl(request));
    return "ended";
  } catch {
    config.log.warn("the provider's logout page could not be opened");
    return "failed";
  }
}
