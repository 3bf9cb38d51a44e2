/** What the provider's answer to a request without a login says of the client, of its redirect URI and of its scopes. */
import { failed, type Finding, ok, problemOf, skipped, warning } from "../../client/diagnosis.js";
import { isKeystoneAuthError, type ProviderError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import { type ProbeResult, saysOf } from "./authorization-probe.js";
import type { LoopbackAddress } from "./machine.js";

export interface Registration {
  readonly client: Finding;
  readonly redirectUri: Finding;
  /** Where the provider refused them. */
  readonly scopes?: Finding;
}

export function readRegistration(result: ProbeResult, config: NodeConfig, address: LoopbackAddress): Registration {
  switch (result.kind) {
    case "accepted":
      return { client: knownClient(config), redirectUri: registered(address) };
    case "unknown":
      return unknown(`The provider did not say: ${result.why}. A login tells.`, address);
    case "refused": {
      const { culprit, how } = result;
      if (culprit === "client") return { client: unknownClient(config, how), redirectUri: notAsked(address) };
      if (culprit === "redirect_uri")
        return { client: knownClient(config), redirectUri: unregistered(config, address, how) };
      const found = `The provider refuses the sign-in of the client "${config.clientId}" with the redirect URI ${address.shown} (${how}).`;
      const todo = `Compare the option clientId and this redirect URI, to the letter, with the registration at ${config.issuer}.`;
      return { client: warning(found, todo), redirectUri: notAsked(address) };
    }
    case "unusable": {
      const { error, mayBeOne } = result;
      // No code was asked for, and nobody has to sign in again.
      const problem = problemOf(error).replace(/ Its code was not used;.*$/, "");
      const operator = "Tell the provider's operator: each sign-in is refused for it";
      const client = mayBeOne
        ? warning(problem, `${operator}, where the answer of a person's sign-in is like this one.`)
        : failed(problem, `${operator}.`);
      return { client, redirectUri: registered(address) };
    }
    case "error":
      return readOAuthError(result.error, result.isPushed, config, address);
  }
}

function readOAuthError(
  error: ProviderError,
  isPushed: boolean,
  config: NodeConfig,
  address: LoopbackAddress,
): Registration {
  // What came back by way of the redirect URI shows that it is registered.
  const redirectUri = isPushed ? notAsked(address) : registered(address);
  const said = `${error.error} ${error.errorDescription ?? ""}`;
  const how = `"${error.error}"${error.errorDescription === undefined ? "" : `: ${error.errorDescription}`}`;
  if (isPushed && saysOf(said, true) === "redirect_uri")
    return { client: knownClient(config), redirectUri: unregistered(config, address, how) };
  if (isPushed && saysOf(said, true) === "client") return { client: unknownClient(config, how), redirectUri };
  // It says itself that it passes.
  if (error.retryable) return { client: warning(problemOf(error)), redirectUri };
  if (error.error === "invalid_scope") {
    const todo = "Correct the option extraScopes, or have the scope allowed for this client.";
    const scopes = warning(`The provider refuses the scopes ${config.scopes.join(" ")} (${how}).`, todo);
    return { client: knownClient(config), redirectUri, scopes };
  }
  const todo = `Compare the client's registration at ${config.issuer} with the options (flow, authorizationParams).`;
  return { client: warning(problemOf(error), todo), redirectUri };
}

/** What could not be asked at all: the request had no answer, or none that is one. */
export function unanswered(error: unknown, address: LoopbackAddress): Registration {
  const problem = isKeystoneAuthError(error) ? problemOf(error) : "The authorization endpoint could not be asked.";
  return { client: failed(problem), redirectUri: notAsked(address) };
}

export function unknown(why: string, address?: LoopbackAddress): Registration {
  return { client: skipped(why), redirectUri: address ? notAsked(address) : skipped(why) };
}

/** Where a sign-in goes by a device code, what is found is said of a sign-in in a browser, and stands in the way of no other. */
export function ofBrowsers({ client, redirectUri, ...others }: Registration): Registration {
  const named = (finding: Finding): Finding => ({
    ...finding,
    outcome: finding.outcome === "failed" ? "warning" : finding.outcome,
    message: `For a sign-in in a browser: ${finding.message}`,
  });
  return { ...others, client: client.outcome === "ok" ? client : named(client), redirectUri: named(redirectUri) };
}

const knownClient = ({ clientId }: NodeConfig): Finding => ok(`The provider knows the client "${clientId}".`);

const registered = ({ shown, port, hasOthers }: LoopbackAddress): Finding =>
  ok(
    `The provider takes ${shown}, and ${port} can be had.${hasOthers ? " The other ports of loopback.ports were not asked for." : ""}`,
  );

const notAsked = ({ shown, port }: LoopbackAddress): Finding =>
  skipped(`${shown} is sent, and ${port} can be had. Whether the provider has it registered is not known.`);

function unknownClient({ clientId, issuer }: NodeConfig, how: string): Finding {
  const found = `The provider does not know the client "${clientId}" (${how}).`;
  const todo = `Compare the option clientId with the registration at ${issuer}. It may be registered at another provider, such as a staging one.`;
  return warning(found, todo);
}

function unregistered({ clientId }: NodeConfig, { shown, hasOthers }: LoopbackAddress, how: string): Finding {
  const found = `The redirect URI ${shown} is not registered for the client "${clientId}" (${how}).`;
  const it = hasOthers ? "it, and the same with each other port of loopback.ports," : "it";
  const todo = `Register ${it} at the provider to the letter, or give the registered one in the option loopback: { host, ports, path }.`;
  return warning(found, todo);
}
