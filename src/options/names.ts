/** The names of the options: an unknown one is refused, since what is misspelled would be left out in silence. */
import { ConfigurationError } from "../errors.js";
import { readOne } from "./checks.js";
import type { OidcClientOptions } from "./options.js";

type Name = keyof OidcClientOptions;

const EVERYWHERE = [
  "clientId",
  "issuer",
  "discoveryUrl",
  "extraScopes",
  "audiences",
  "requiredClaims",
  "storage",
  "noCache",
  "interaction",
  "whenUserChanges",
  "minValiditySeconds",
  "clockToleranceSeconds",
  "loginTimeoutSeconds",
  "requestTimeoutSeconds",
  "lockTimeoutSeconds",
  "storageTimeoutSeconds",
  "maxResponseBytes",
  "allowInsecureLoopback",
  "authorizationParams",
  "postLogoutRedirectUri",
  "fetch",
  "logger",
  // A page may name the one flow that it has, and is told why it must have no secret.
  "flow",
  "clientSecret",
] as const satisfies readonly Name[];

const IN_NODE = [
  "clientAuthentication",
  "loopback",
  "openBrowser",
  "onAuthorizationUrl",
  "onDeviceCode",
  "pageHandler",
  "storageDirectory",
  "sharedDatabase",
  "keychain",
  "withoutKeychain",
] as const satisfies readonly Name[];

const IN_PAGES = [
  "loginMode",
  "popupBlocked",
  "onReturn",
  "redirectUri",
  "silentLogin",
  "silentLoginTimeoutSeconds",
  "allowFramed",
] as const satisfies readonly Name[];

/** Every name is in one of the lists: else this does not compile. */
type Listed = (typeof EVERYWHERE | typeof IN_NODE | typeof IN_PAGES)[number];
const isComplete: Exclude<Name, Listed> extends never ? true : never = true;
void isComplete;

/** What people write who know these options from elsewhere. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  scope: "extraScopes",
  scopes: "extraScopes",
  audience: "audiences",
  authority: "issuer",
  provideruri: "issuer",
  url: "issuer",
};

/** Throws ConfigurationError for a client's option that this platform does not have. */
export function mustBeKnown(options: object, platform: "node" | "page"): void {
  const [own, others] = platform === "node" ? [IN_NODE, IN_PAGES] : [IN_PAGES, IN_NODE];
  const known: readonly string[] = [...EVERYWHERE, ...own];
  for (const name of givenNames(options)) {
    if (known.includes(name)) continue;
    const isOthers = (others as readonly string[]).includes(name);
    throw isOthers ? elsewhere(name, platform) : unknown(name, known);
  }
}

/** Throws ConfigurationError for an option that is none of these; `of` is what stands before their names. */
export function mustBeNamed(options: object, known: readonly string[], of = ""): void {
  const stray = givenNames(options).find((name) => !known.includes(name));
  if (stray !== undefined) throw unknown(stray, known, of);
}

/** Own, enumerable, and not `undefined`: `{ ...defaults, name: undefined }` gives nothing. */
const givenNames = (options: object): string[] =>
  Object.keys(options).filter((name) => readOne(name, () => (options as Record<string, unknown>)[name]) !== undefined);

function elsewhere(name: string, platform: "node" | "page"): ConfigurationError {
  const text =
    platform === "node"
      ? `is an option of pages. In a page import from "keystone-auth/browser".`
      : `is an option of Node programs. In Node import from "keystone-auth/node".`;
  return new ConfigurationError(name, `Option ${name} ${text}`);
}

function unknown(name: string, known: readonly string[], of = ""): ConfigurationError {
  const near = meant(name, known);
  const advice = near === undefined ? `Known are ${known.join(", ")}.` : `Do you mean ${of}${near}?`;
  const option = of + name.slice(0, 100);
  return new ConfigurationError(option, `There is no option ${option}. ${advice}`);
}

/** The known name that was meant, as far as can be told. */
export function meant(name: string, known: readonly string[]): string | undefined {
  const plain = name.toLowerCase().replace(/[-_]/g, "");
  const other = Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined;
  const same = known.find((each) => each.toLowerCase() === plain);
  return same ?? (other && known.includes(other) ? other : nearest(name, known));
}

/** The known word that was meant, where it is one slip away, or two in a long word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  for (let slips = 0; slips <= (word.length < 6 ? 1 : 2); slips += 1) {
    const near = known.find((name) => isWithin(slips, wanted, name.toLowerCase()));
    if (near !== undefined) return near;
  }
  return undefined;
}

/** Whether it takes at most so many slips: letters added, dropped, changed or swapped with the next one. */
function isWithin(slips: number, from: string, to: string): boolean {
  if (from === to) return true;
  if (slips === 0 || Math.abs(from.length - to.length) > slips) return false;
  let same = 0;
  while (from[same] === to[same]) same += 1;
  const [a, b] = [from.slice(same), to.slice(same)];
  const isSwapped = a[0] === b[1] && a[1] === b[0];
  return (
    isWithin(slips - 1, a.slice(1), b) ||
    isWithin(slips - 1, a, b.slice(1)) ||
    isWithin(slips - 1, a.slice(1), b.slice(1)) ||
    (isSwapped && isWithin(slips - 1, a.slice(2), b.slice(2)))
  );
}
