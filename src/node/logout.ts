/** The provider's logout page in a browser, and the way back from it (OpenID Connect RP-Initiated Logout 1.0 §2, §3). */
import type { ProviderSessionResult } from "../client/platform.js";
import { EnvironmentError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { type EndSessionRequest, endSessionUrl, LONGEST_ADDRESS, withoutHint } from "../protocol/sign-out.js";
import { onAbort } from "../settle.js";
import { LogoutReturn, readLoopbackReturn } from "./loopback/logout-return.js";
import { openInBrowser } from "./system-browser.js";

/** How long the person may take at the provider's page before the return is no longer waited for. */
const RETURN_MS = 60_000;

/**
 * Opens the provider's logout page. "ended" where the person comes back from it with our `state` within a minute; else
 * "asked": the page was opened, and what the person does there is not known here. The ID Token in the address is a hint for
 * the provider that the person has just left; it opens nothing.
 *
 * @throws EnvironmentError (`environment`) where the page cannot be opened
 */
export async function endSessionInBrowser(
  config: NodeConfig,
  request: EndSessionRequest,
  signal: AbortSignal,
): Promise<ProviderSessionResult> {
  const { back, parameters } = await listen(config, request);
  const unlisten = onAbort(signal, () => void back?.close());
  try {
    // Whoever has given up, or closed the client, meanwhile wants no page to come up.
    signal.throwIfAborted();
    const opening = openPage(config, { ...request, parameters });
    // Whoever comes back has had the page, whatever its opener does.
    const ends = back && [back.arrived, opening.then(() => back.within(RETURN_MS))];
    return (await (ends ? Promise.race(ends) : opening)) === true ? "ended" : "asked";
  } finally {
    unlisten();
    await back?.close();
  }
}

interface Listening {
  /** `undefined` where no return can be seen. */
  readonly back: LogoutReturn | undefined;
  readonly parameters: URLSearchParams;
}

/** A port that cannot be had does not hold up the sign-out: the person stays on the provider's page then. */
async function listen(
  { clientId, log }: NodeConfig,
  { parameters: given, state }: EndSessionRequest,
): Promise<Listening> {
  const parameters = new URLSearchParams(given);
  const address = readLoopbackReturn(parameters.get("post_logout_redirect_uri") ?? "");
  if (address === undefined) return { back: undefined, parameters };
  try {
    const page = { html: await signedOut(clientId), status: 200, keepServing: false };
    const back = await LogoutReturn.open(address, state, page);
    parameters.set("post_logout_redirect_uri", address.uriAt(back.port));
    return { back, parameters };
  } catch (error) {
    const { host, ports } = address.loopback;
    const cause = (error as EnvironmentError).causeCode ?? "unknown fault";
    log.warn(`the way back from the provider's logout page is left out: port ${ports[0]} of ${host}: ${cause}`);
    // Whatever listens there instead would get the person.
    parameters.delete("post_logout_redirect_uri");
    parameters.delete("state");
    return { back: undefined, parameters };
  }
}

async function openPage({ openBrowser }: NodeConfig, request: EndSessionRequest): Promise<void> {
  const url = endSessionUrl(request);
  try {
    await openInBrowser(url.length > LONGEST_ADDRESS ? endSessionUrl(withoutHint(request)) : url, openBrowser);
  } catch {
    // Its message may hold the address, and so the ID Token.
    throw new EnvironmentError(
      "The provider's logout page could not be opened in a browser, so that the session at the provider goes on.",
      { sessionKept: false },
    );
  }
}

async function signedOut(product: string): Promise<string> {
  try {
    const { signedOutPage } = await import("./pages/template.js");
    return signedOutPage({ product });
  } catch {
    // The package may have been replaced meanwhile.
    return '<!doctype html><html lang="en"><title>You are signed out</title><p>You are signed out. You can close this window.</p></html>';
  }
}
