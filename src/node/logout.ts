/** The provider's logout page in a browser, and the way back from it (OpenID Connect RP-Initiated Logout 1.0 §2, §3). */
import type { ProviderSessionResult } from "../client/sign-out-result.js";
import { EnvironmentError } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { type EndSessionRequest, endSessionUrl, LONGEST_ADDRESS, withoutHint } from "../protocol/sign-out.js";
import { onAbort } from "../settle.js";
import { LogoutReturn, readLoopbackReturn, type ReturnPages } from "./loopback/logout-return.js";
import { chooseBrowser, isWatched, readEnvironment } from "./browser-choice.js";
import { openInBrowser } from "./system-browser.js";
import { stderrTerminal } from "./terminal.js";

/** How long the person may take at the provider's page before the return is no longer waited for. */
const RETURN_MS = 60_000;

/**
 * Opens the provider's logout page. "ended" where the person comes back from it with our `state` within a minute; else
 * "asked": the page was opened, and what the person does there is not known here. The ID Token in the address is a hint for
 * the provider that the person has just left; it opens nothing. Where no browser opens, the address is shown on stderr to
 * whoever watches there, without that hint.
 *
 * @throws EnvironmentError (`environment`) where the page cannot be opened, and nobody is there who could open it
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
    const opening = openOrShow(config, { ...request, parameters });
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
    const back = await LogoutReturn.open(address, state, await returnPages(clientId));
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

/** A login's choice: what may open no browser for a sign-in opens none for this either. */
async function openOrShow(config: NodeConfig, request: EndSessionRequest): Promise<void> {
  const environment = readEnvironment();
  const { browser, reason } = config.openBrowser ? { browser: true, reason: "" } : chooseBrowser(environment);
  const hasOpened = browser && (await openPage(config, request));
  if (hasOpened) return;
  // A program that draws its own terminal is left alone.
  const isShown = isWatched(environment) && config.onAuthorizationUrl === undefined;
  if (!isShown) throw notOpened(browser ? undefined : reason);
  const why = browser ? "No browser could be opened." : `No browser opens here: ${reason}.`;
  const address = endSessionUrl(withoutHint(request));
  stderrTerminal().write(`\n${why}\n\nOpen this address in a browser to sign out at the provider:\n\n${address}\n\n`);
}

/** Whether it has opened. What is caught may hold the address, and so the ID Token. */
async function openPage({ openBrowser }: NodeConfig, request: EndSessionRequest): Promise<boolean> {
  const url = endSessionUrl(request);
  try {
    await openInBrowser(url.length > LONGEST_ADDRESS ? endSessionUrl(withoutHint(request)) : url, openBrowser);
    return true;
  } catch {
    return false;
  }
}

/** `reason`: why none was tried. */
function notOpened(reason: string | undefined): EnvironmentError {
  const what =
    reason === undefined
      ? "The provider's logout page could not be opened in a browser"
      : `The provider's logout page was not opened, since no browser opens here: ${reason}`;
  return new EnvironmentError(
    `${what}. The session at the provider goes on: sign out at the provider's own page, or sign out at a terminal, or ` +
      "where a browser opens (the variable BROWSER can name one).",
    { sessionKept: false },
  );
}

async function returnPages(product: string): Promise<ReturnPages> {
  const pageOf = (html: string) => ({ html, status: 200, keepServing: false });
  try {
    const { signedOutPage, signOutUnknownPage } = await import("./pages/template.js");
    return { ended: pageOf(signedOutPage({ product })), refused: pageOf(signOutUnknownPage({ product })) };
  } catch {
    // The package may have been replaced meanwhile.
    const plain = (title: string) =>
      pageOf(
        `<!doctype html><html lang="en"><title>${title}</title><p>${title}. You can close this window.</p></html>`,
      );
    return { ended: plain("You are signed out"), refused: plain("The sign-out did not succeed at the provider") };
  }
}
