/** Which way a person signs in here: one decision, for a login and for `diagnose()`. */
import { EnvironmentError, NO_TERMINAL } from "../errors.js";
import type { NodeConfig } from "../options/config.js";
import { chooseBrowser, isCi, isWatched, opensElsewhere, type ProgramEnvironment } from "./browser-choice.js";

/**
 * - `browser`: the loopback login in a browser that opens here. `mayPaste`: it may open on the person's own machine, whose
 *   redirect cannot come back here.
 * - `address`: the loopback login, whose address the person opens by hand.
 * - `device`: a device code. `otherwise` is the way where the provider or this client has no device flow; without it there is
 *   no other.
 * - `nobody`: no person can be asked here.
 */
export type LoginWay =
  | { readonly by: "browser"; readonly reason: string; readonly mayPaste: boolean }
  | { readonly by: "address"; readonly reason: string }
  | { readonly by: "device"; readonly reason?: string; readonly otherwise?: LoginWay }
  | { readonly by: "nobody"; readonly reason: string };

export type WayOptions = Pick<NodeConfig, "flow" | "openBrowser" | "onAuthorizationUrl" | "onDeviceCode">;

/** The first rule that applies decides. docs/node.md has it as a table. */
export function chooseLoginWay(options: WayOptions, environment: ProgramEnvironment): LoginWay {
  const { flow, openBrowser, onAuthorizationUrl, onDeviceCode } = options;
  if (flow === "device_code") return { by: "device" };
  if (flow === "auth_code" && environment.env.CEGAL_KEYSTONE_AUTH_DEVICE_FLOW === "true")
    return { by: "device", reason: "CEGAL_KEYSTONE_AUTH_DEVICE_FLOW is true" };
  if (openBrowser) return { by: "browser", reason: "the program opens it (option openBrowser)", mayPaste: false };
  const isHeard = onAuthorizationUrl !== undefined || onDeviceCode !== undefined;
  const { browser, reason } = chooseBrowser(environment, isHeard);
  if (browser) return { by: "browser", reason, mayPaste: opensElsewhere(environment) };
  return withoutBrowser(options, isWatched(environment), reason);
}

/**
 * Where the browser turns out not to open. One was expected, so that a person may sit before the machine and see what is written
 * where there is no terminal, as in an editor's console: a code is shown then, and the address stays open beside it.
 */
export function wayAfterBrowser(options: WayOptions, environment: ProgramEnvironment, hasDeviceFlow = true): LoginWay {
  const isExpected = !isCi(environment.env) || options.openBrowser !== undefined;
  const isSeen = isWatched(environment) || (hasDeviceFlow && isExpected);
  return withoutBrowser(options, isSeen, whyNoBrowser(options, environment));
}

function whyNoBrowser({ openBrowser }: WayOptions, { env }: ProgramEnvironment): string {
  if (openBrowser) return "the option openBrowser could not open a browser";
  return env.BROWSER
    ? "what the variable BROWSER names could not be started, or has failed"
    : "no browser could be opened";
}

/** `isSeen`: whether a person may see what is written to stderr. */
function withoutBrowser(
  { flow, onAuthorizationUrl, onDeviceCode }: WayOptions,
  isSeen: boolean,
  reason: string,
): LoginWay {
  const otherwise: LoginWay = { by: onAuthorizationUrl || isSeen ? "address" : "nobody", reason };
  // A program that takes the address itself is handed no code where it has said nothing of codes: nothing is written for it.
  const showsCode = onDeviceCode !== undefined || (onAuthorizationUrl === undefined && isSeen);
  return flow === "auth_code" && showsCode ? { by: "device", reason, otherwise } : otherwise;
}

/** @param refused why there is no device code, as the end of a sentence */
export function nobodyHere({ flow }: WayOptions, reason: string, refused?: string): EnvironmentError {
  const device = refused ?? "nobody here reads a code";
  const isStrict = flow === "auth_code_no_fallback";
  const ways = isStrict
    ? "Sign in at a terminal, use the flow device_code, or set BROWSER"
    : "Sign in at a terminal, or set BROWSER, or CEGAL_KEYSTONE_AUTH_DEVICE_FLOW=true for a code on stderr";
  const why = isStrict ? "and there is no terminal to show the address at" : `there is no terminal, and ${device}`;
  return new EnvironmentError(
    `No browser can be opened here and nobody can be asked to sign in: ${reason}${isStrict ? ", " : "; "}${why}. ` +
      `${ways}. A program can give the option openBrowser, onAuthorizationUrl or onDeviceCode.`,
    { causeCode: NO_TERMINAL },
  );
}
