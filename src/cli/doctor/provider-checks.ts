/** What the provider says of itself: metadata, keys, the device flow, and its clock. */
import type { NodeConfig } from "../../options/config.js";
import { isKeystoneAuthError } from "../../errors.js";
import { oneLine } from "../../options/log.js";
import { createBoundedFetch, type Fetch } from "../../protocol/fetch.js";
import {
  checkMetadata,
  discoveryUrl,
  endpointOf,
  readJsonObject,
  type ServerMetadata,
} from "../../protocol/metadata.js";
import { systemClock } from "../../clock.js";
import { EXIT, exitCodeOf } from "../failure.js";
import { failed, type Finding, none, ok, warning } from "./report.js";

/** A doctor is not waited for as long as a sign-in is. */
const MOST_MS = 10_000;

export async function askProvider(
  config: NodeConfig,
): Promise<{ metadata?: ServerMetadata; discovery: Finding; clock: Finding }> {
  const bounded = { ...config, requestTimeoutMs: Math.min(config.requestTimeoutMs, MOST_MS) };
  const fetch = createBoundedFetch(bounded, systemClock);
  let clock = none("not known: the provider did not answer");
  let named: unknown;
  try {
    const what = "The provider's metadata";
    const asked = Date.now();
    const url = discoveryUrl(config);
    const response = await fetch(what)(url, { headers: { accept: "application/json" } });
    clock = clockFinding(response.headers.get("date"), asked, Date.now(), config.clockToleranceMs / 1000);
    const body = readJsonObject(what, url, response);
    named = body.issuer;
    const metadata = checkMetadata(body, config);
    const keys = await countKeys(config, fetch, metadata);
    return { metadata, clock, discovery: ok(`${config.issuer} answers for itself, with ${keys}`) };
  } catch (error) {
    return { clock, discovery: discoveryFailure(error, named, config.issuer) };
  }
}

async function countKeys(config: NodeConfig, fetch: Fetch, metadata: ServerMetadata): Promise<string> {
  const url = endpointOf(metadata, "jwks_uri", config);
  if (url === undefined) return "no address of its keys";
  const what = "The provider's key set";
  const { keys } = readJsonObject(what, url, await fetch(what)(url, {}));
  const count = Array.isArray(keys) ? keys.length : 0;
  return `${count} ${count === 1 ? "key" : "keys"}`;
}

function discoveryFailure(error: unknown, named: unknown, issuer: string): Finding {
  if (!isKeystoneAuthError(error)) return failed(EXIT.other, "the provider could not be asked");
  if (typeof named === "string" && named !== issuer && error.code === "discovery") {
    const todo = "Give the issuer as the metadata spells it, with or without the slash at its end.";
    return failed(EXIT.network, `the metadata is that of ${oneLine(named)}, not of ${issuer}`, todo);
  }
  return failed(exitCodeOf(error), error.message, adviceFor(error.causeCode));
}

function adviceFor(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return "Check the spelling of the issuer, the network and the VPN; look at the proxy below.";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "Check this machine's clock and the provider's certificate.";
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code))
    return "The provider's certificate is signed by nobody whom Node knows: name your organisation's CA file in NODE_EXTRA_CA_CERTS.";
  return "Check the network and the VPN; look at the proxy below.";
}

/** Tokens carry the provider's times: past the tolerance they are refused. */
export function clockFinding(date: string | null, asked: number, answered: number, toleranceSeconds: number): Finding {
  const header = Date.parse(date ?? "");
  if (Number.isNaN(header)) return none("not known: the provider says no time");
  // The header has whole seconds, cut off; the answer was made somewhere in between.
  const offset = Math.round((header + 500 - (asked + answered) / 2) / 1000);
  const seconds = Math.abs(offset);
  if (seconds <= 2) return ok("as the provider's, to 2 s");
  const found = `this machine is ${seconds} s ${offset > 0 ? "behind" : "ahead of"} the provider`;
  if (seconds * 2 <= toleranceSeconds) return ok(`${found}, which is tolerated`);
  if (seconds <= toleranceSeconds) return warning(found, "Turn on this machine's time synchronisation.");
  const tooFar = `${found}, more than the ${toleranceSeconds} s that are tolerated`;
  return failed(EXIT.validation, tooFar, "Set this machine's clock: turn on its time synchronisation.");
}

export function deviceFinding(metadata: ServerMetadata | undefined, isNeeded: boolean): Finding {
  if (metadata === undefined) return none("not known: the provider did not answer");
  if (typeof metadata.device_authorization_endpoint === "string") return ok("the provider has it");
  if (!isNeeded) return none("the provider does not have it; it is not needed here");
  const todo = "Ask the provider's operator, or sign in on a machine with a browser.";
  return failed(EXIT.network, "the provider does not have it, and a sign-in here needs it", todo);
}
