/** What can be asked of a provider without a login: its metadata, its keys, its clock, the scopes that it names. */
import type { ClientConfig } from "../options/config.js";
import { isKeystoneAuthError, type KeystoneAuthError } from "../errors.js";
import { oneLine } from "../options/log.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { membersOf } from "../protocol/jws.js";
import {
  checkMetadata,
  discoveryUrl,
  type Endpoint,
  endpointOf,
  readJsonObject,
  requireEndpoint,
  type ServerMetadata,
  TENANT,
} from "../protocol/metadata.js";
import { failed, type Finding, ok, problemOf, type RunCheck, skipped, warning } from "./diagnosis.js";

/** Whom to ask, and who knows more of a request that got no answer than its error does. */
export interface Inquiry {
  readonly server: AuthorizationServer;
  readonly signal?: AbortSignal | undefined;
  readonly explain: (url: string, error: KeystoneAuthError) => Finding | undefined | Promise<Finding | undefined>;
}

/** When the provider was asked and answered, by this machine's clock, and its own time. */
export interface TimeTold {
  readonly date: string | null;
  readonly asked: number;
  readonly answered: number;
}

export interface MetadataAnswer {
  readonly finding: Finding;
  readonly metadata?: ServerMetadata;
  readonly time?: TimeTold;
}

const WHAT = "The provider's metadata";

/** Asks for the metadata anew, whatever is known. Never rejects. */
async function askMetadata(inquiry: Inquiry): Promise<MetadataAnswer> {
  const { server, signal } = inquiry;
  const { config, clock } = server;
  const url = discoveryUrl(config);
  let time: TimeTold | undefined;
  let stated: unknown;
  try {
    const asked = clock.now();
    const answer = await server.fetch(WHAT, signal)(url, { headers: { accept: "application/json" } });
    time = { date: answer.headers.get("date"), asked, answered: clock.now() };
    const body = readJsonObject(WHAT, url, answer);
    stated = body.issuer;
    const metadata = checkMetadata(body, config);
    for (const endpoint of endpointsOf(config)) requireEndpoint(metadata, endpoint, config);
    server.restore({ metadata, metadataAt: clock.now() });
    return { finding: ok(`${config.issuer} answers, and its metadata can be used.`), metadata, time };
  } catch (error) {
    const found = await explained(inquiry, url, error, () => metadataFailure(error, stated, config));
    return { finding: found, ...(time && { time }) };
  }
}

/** What the flow cannot do without. */
function endpointsOf({ flow, audiences }: ClientConfig): readonly Endpoint[] {
  if (flow === "client_credentials") return audiences.length > 0 ? ["token_endpoint", "jwks_uri"] : ["token_endpoint"];
  const first: readonly Endpoint[] = flow === "device_code" ? [] : ["authorization_endpoint"];
  return [...first, "token_endpoint", "jwks_uri"];
}

function metadataFailure(error: unknown, stated: unknown, { issuer, discoveryUrl: given }: ClientConfig): Finding {
  if (!isKeystoneAuthError(error)) throw error;
  const url = discoveryUrl({ issuer, discoveryUrl: given });
  if (error.code !== "discovery" && error.code !== "response") return failed(problemOf(error));
  // A browser shows what is behind it.
  if (error.message.includes("a redirect"))
    return failed(
      problemOf(error),
      "Write the issuer of the metadata behind it, or their address in the option discoveryUrl.",
    );
  if (typeof stated !== "string" || stated === issuer) {
    const wanted = `Open ${url} in a browser: at the right issuer it shows JSON with a member "issuer". The option issuer is "${issuer}".`;
    return failed(problemOf(error), wanted);
  }
  // As it can be written: with the tenant that was asked for, or else any organization's (Microsoft Entra).
  const tenant = issuer.split("/")[stated.split("/").indexOf(TENANT)] || "organizations";
  const meant = stated.replace(TENANT, tenant);
  const [name, option] = [oneLine(stated, 200), `issuer: "${oneLine(meant, 200)}"`];
  if (meant === `${issuer}/` || issuer === `${meant}/`) {
    const which = meant.length > issuer.length ? "ends with a slash" : "has no slash at its end";
    const found = `By ${url} the provider's issuer ${which}: it is "${name}", and the option issuer is "${issuer}".`;
    return failed(found, `Write ${option}.`);
  }
  const found = `${url} holds the metadata of another issuer: it says "${name}", and the option issuer is "${issuer}".`;
  return failed(found, `If that is your provider, write ${option}; else correct the address.`);
}

/** The finding for what was thrown: the platform's, where it knows more of a request that got no answer. */
async function explained(
  { explain }: Inquiry,
  url: string,
  error: unknown,
  otherwise: () => Finding,
): Promise<Finding> {
  try {
    const isUnanswered = isKeystoneAuthError(error) && error.code === "network" && !("status" in error);
    return (isUnanswered ? await explain(url, error) : undefined) ?? otherwise();
  } catch {
    return failed(isKeystoneAuthError(error) ? problemOf(error) : `${url} could not be asked.`);
  }
}

/** What is asked of a provider on each platform, and how a check waits for its metadata: without them it is skipped. */
export function askProvider(inquiry: Inquiry, run: RunCheck) {
  const asking = askMetadata(inquiry);
  const unknown = skipped("Not known: the provider's metadata could not be used.");
  const after = async (examine: (metadata: ServerMetadata) => Finding | Promise<Finding>): Promise<Finding> => {
    const { metadata } = await asking;
    return metadata === undefined ? unknown : await run(() => examine(metadata));
  };
  const checks = {
    metadata: asking.then(({ finding }) => finding),
    keys: after((metadata) => keysFinding(inquiry, metadata)),
  };
  return { asking, after, checks };
}

async function keysFinding(inquiry: Inquiry, metadata: ServerMetadata): Promise<Finding> {
  const { server, signal } = inquiry;
  const url = endpointOf(metadata, "jwks_uri", server.config);
  if (url === undefined) return skipped("The metadata names no keys, and this flow needs none.");
  const what = "The provider's key set";
  try {
    const { keys } = readJsonObject(what, url, await server.fetch(what, signal)(url, {}));
    const count = Array.isArray(keys) ? keys.filter(isForSignatures).length : 0;
    if (count === 0)
      return failed(
        `${url} holds no key for signatures, so that no token can be verified.`,
        "Tell the provider's operator.",
      );
    const algs: unknown = metadata.id_token_signing_alg_values_supported;
    const listed = Array.isArray(algs) && server.config.scopes.includes("openid") ? algs.join(" ") : "RS256";
    if (/\b(RS|PS|ES|Ed)/.test(listed)) return ok(`${url} holds ${count} ${count === 1 ? "key" : "keys"}.`);
    return failed(
      `By the metadata ID Tokens are signed with ${oneLine(listed, 100) || "nothing"}, which no key verifies.`,
      "Have them signed with RS256 or ES256 at the provider.",
    );
  } catch (error) {
    if (!isKeystoneAuthError(error)) throw error;
    return await explained(inquiry, url, error, () => failed(problemOf(error)));
  }
}

function isForSignatures(key: unknown): boolean {
  const { kty = "oct", use } = membersOf(key) ?? {};
  return kty !== "oct" && (!use || use === "sig");
}

/** Tokens carry the provider's times: past the tolerance they are refused. `whose` clock it is compared with. */
export function clockFinding(
  { date, asked, answered }: TimeTold,
  toleranceMs: number,
  whose = "the provider's",
): Finding {
  const header = Date.parse(date ?? "");
  if (Number.isNaN(header)) return skipped("Not known: the provider's answer does not say its time.");
  // The header has whole seconds, cut off; the answer was made somewhere in between.
  const offset = Math.round((header + 500 - (asked + answered) / 2) / 1000);
  const seconds = Math.abs(offset);
  const tolerated = toleranceMs / 1000;
  if (seconds <= 2) return ok(`This machine's clock agrees with ${whose}, to 2 s.`);
  const found = `This machine's clock is ${seconds} s ${offset > 0 ? "behind" : "ahead of"} ${whose}`;
  if (seconds * 2 <= tolerated) return ok(`${found}, which is tolerated.`);
  const todo = "Set this machine's clock: turn on its time synchronisation.";
  if (seconds <= tolerated) return warning(`${found}; ${tolerated} s are tolerated.`, todo);
  const limit = `more than the ${tolerated} s that are tolerated (option clockToleranceSeconds)`;
  return failed(`${found}, ${limit}: tokens are taken for expired, or for not yet valid.`, todo);
}

/** By what the metadata list, which may be less than there is. */
export function scopesFinding(metadata: ServerMetadata, { scopes, flow }: ClientConfig): Finding {
  const known: unknown = metadata.scopes_supported;
  const asked =
    scopes.length === 0 ? "no scope" : `${scopes.length === 1 ? "the scope" : "the scopes"} ${scopes.join(" ")}`;
  if (!Array.isArray(known)) return skipped(`The provider does not list its scopes; ${asked} is asked for.`);
  const missing = scopes.filter((scope) => !known.includes(scope));
  if (missing.length > 0) {
    const names = missing.map((scope) => `"${scope}"`).join(", ");
    const found = `The provider does not list ${missing.length === 1 ? "the scope" : "the scopes"} ${names} (scopes_supported), asked for by the option extraScopes.`;
    const listed = oneLine(known.filter((scope) => typeof scope === "string").join(" "), 300);
    return warning(
      found,
      `Check the spelling: it lists ${listed}. A provider may have more; then the scope must be allowed for this client.`,
    );
  }
  const isRenewable = flow === "client_credentials" || scopes.includes("offline_access");
  if (isRenewable || !known.includes("offline_access")) return ok(`The provider lists ${asked}.`);
  const advice =
    'Most providers give a refresh token only with extraScopes: ["offline_access"]; without one a person signs in each time the access token has expired.';
  return ok(`The provider lists ${asked}; offline_access is not asked for.`, advice);
}
