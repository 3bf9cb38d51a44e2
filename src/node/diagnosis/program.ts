/** What stands in the way of a login of a Node program: its provider, its registration there, this machine, its store. */
import {
  checkWithin,
  type Diagnosis,
  diagnosisOf,
  failed,
  type Finding,
  ok,
  problemOf,
  type RunCheck,
  skipped,
} from "../../client/diagnosis.js";
import type { DiagnosisSubject } from "../../client/platform.js";
import {
  askProvider,
  clockFinding,
  type Inquiry,
  type MetadataAnswer,
  scopesFinding,
} from "../../client/provider-checks.js";
import { isKeystoneAuthError, type KeystoneAuthError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { endpointOf, type ServerMetadata } from "../../protocol/metadata.js";
import { certificateHint } from "../network/hint.js";
import { thisRuntime } from "../network/proxies.js";
import { systemKeychain } from "../encrypted/system-keychain.js";
import { probeAuthorization } from "./authorization-probe.js";
import { certificatesFinding, findLoopbackAddress, type LoopbackAddress, proxyFinding } from "./machine.js";
import { ofBrowsers, type Registration, readRegistration, unanswered, unknown } from "./registration.js";
import { readWay, type Way } from "./way.js";
import { directoryOf, keychainFinding, lockFinding, storageFinding, storedSessionFinding } from "./storage.js";

/** `signal` fires when the client is closed. */
export async function diagnoseProgram(
  config: NodeConfig,
  { server, session }: DiagnosisSubject,
  signal: AbortSignal,
): Promise<Diagnosis> {
  const { clock } = server;
  const run = checkWithin(clock, config.requestTimeoutMs);
  const inquiry: Inquiry = { server, signal, explain };
  const { asking, after, checks } = askProvider(inquiry, run);
  const way = asking.then(({ metadata }) => readWay(config, hasDeviceFlow(metadata, config)));
  const registration = askRegistration(config, { asking, server, way, signal });
  return await diagnosisOf({
    ...checks,
    clock: asking.then((answer) => clockOf(answer, config)),
    client: registration.then(({ client }) => client),
    redirect_uri: registration.then(({ redirectUri }) => redirectUri),
    scopes: after(async (metadata) => (await registration).scopes ?? scopesFinding(metadata, config)),
    browser: run(async () => (await way).browser),
    device_flow: after(async (metadata) => deviceFinding(metadata, config, await way)),
    storage: run(() => storageFinding(config, clock)),
    session: run(() => storedSessionFinding(config, session, clock)),
    lock: run(() => lockFinding(config, session, signal)),
    keychain: run(() => ownKeychainFinding(config)),
    ...environmentChecks(run, config),
  });
}

/** What needs no client: it is told also where the settings cannot be used, and then not for one issuer. */
export function environmentChecks(run: RunCheck, config?: Pick<NodeConfig, "fetch" | "issuer">) {
  const own = "Not looked at: requests go through the option fetch.";
  const runtime = thisRuntime();
  return {
    proxy: run(() => (config?.fetch ? skipped(own) : proxyFinding(config?.issuer, runtime))),
    certificates: run(() => (config?.fetch ? skipped(own) : certificatesFinding(runtime))),
  };
}

interface RegistrationParts extends Pick<DiagnosisSubject, "server"> {
  readonly asking: Promise<MetadataAnswer>;
  readonly way: Promise<Way>;
  readonly signal: AbortSignal;
}

/** Metadata that are not known may name one. */
function hasDeviceFlow(metadata: ServerMetadata | undefined, config: NodeConfig): boolean {
  return metadata === undefined || endpointOf(metadata, "device_authorization_endpoint", config) !== undefined;
}

/** Never rejects. */
async function askRegistration(
  config: NodeConfig,
  { asking, server, way, signal }: RegistrationParts,
): Promise<Registration> {
  const { by, isForWantOfBrowser = false } = await way;
  if (by === "program") return unknown("Not asked: the program shows who it is when it asks for a token.");
  if (by === "device" && !isForWantOfBrowser)
    return unknown("Not needed: no browser comes back here. A sign-in tells whether the client is known.");
  const found = await askAuthorization(config, { asking, server, signal });
  return isForWantOfBrowser ? ofBrowsers(found) : found;
}

async function askAuthorization(
  config: NodeConfig,
  { asking, server, signal }: Omit<RegistrationParts, "way">,
): Promise<Registration> {
  const address = await findLoopbackAddress(config).catch((error: unknown) => noAddress(error));
  const { metadata } = await asking;
  if ("outcome" in address) return { client: skipped("Not asked: there is no redirect URI."), redirectUri: address };
  if (metadata === undefined) return unknown("Not known: the provider's metadata could not be used.", address);
  return await probe(config, server, address, signal);
}

async function probe(
  config: NodeConfig,
  server: DiagnosisSubject["server"],
  address: LoopbackAddress,
  signal: AbortSignal,
): Promise<Registration> {
  try {
    return readRegistration(await probeAuthorization(server, address.redirectUri, signal), config, address);
  } catch (error) {
    return unanswered(error, address);
  }
}

function noAddress(error: unknown): Finding {
  return failed(isKeystoneAuthError(error) ? problemOf(error) : "No port can be had.");
}

function clockOf({ time }: MetadataAnswer, { clockToleranceMs }: NodeConfig): Finding {
  return time ? clockFinding(time, clockToleranceMs) : skipped("Not known: the provider did not answer.");
}

function deviceFinding(metadata: ServerMetadata, config: NodeConfig, { by }: Way): Finding {
  if (hasDeviceFlow(metadata, config)) return ok("The provider has the device flow.");
  if (by !== "device") return skipped("The provider does not have the device flow; it is not needed here.");
  const todo = "Ask the provider's operator, or sign in on a machine with a browser.";
  return failed("The provider does not have the device flow, and a sign-in here needs it.", todo);
}

async function ownKeychainFinding(config: NodeConfig): Promise<Finding> {
  const isNeeded = config.storage === "encrypted-file" && !config.noCache && config.withoutKeychain === "fail";
  return await keychainFinding(config.keychain ?? systemKeychain(directoryOf(config) ?? "diagnosis"), isNeeded);
}

/** What the code of a request that got no answer says. */
function explain(url: string, error: KeystoneAuthError): Finding {
  const { causeCode = "" } = error;
  // Of a certificate the error itself says what to do.
  const advice = certificateHint(causeCode) === undefined ? adviceFor(causeCode, new URL(url).host) : undefined;
  return failed(problemOf(error), advice);
}

function adviceFor(code: string, host: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `Nobody knows the host ${host}: check the spelling of the option issuer, the network, the VPN and the proxy.`;
  return "Check the option issuer (its host and port), the network, the VPN and the proxy.";
}
