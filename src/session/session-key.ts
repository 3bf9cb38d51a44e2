/** The name of a session's record: what makes two clients share a session. */
import type { ClientSettings } from "../options/config.js";

const part = (value: string) => `${value.length}:${value}`;
const parts = (values: readonly string[]) => `${values.length}[${[...values].sort().map(part).join("")}]`;

/** Parameters that choose who signs in and how the page looks, not which token comes of it. */
const CHOOSES_NO_TOKEN =
  /^(login_hint|prompt|ui_locales|display|id_token_hint|max_age|claims_locales|screen_hint|kc_idp_hint|kc_action|domain_hint|hd|identity_provider|connection|access_type|resource)$/;

/**
 * What makes two clients share a session: the issuer, the client, and the scopes, audiences, resources and further
 * parameters asked for, in any order. A program that signs in as itself never shares a session with a person. Each part
 * has its length before it, so that no separator inside a value makes two lists look the same.
 */
export async function sessionKey(
  config: ClientSettings,
  digest: (text: string) => string | Promise<string>,
): Promise<string> {
  const { flow, issuer, clientId, scopes, audiences, resources } = config;
  const chosen = Object.entries(config.authorizationParams).filter(([name]) => !CHOOSES_NO_TOKEN.test(name));
  const canonical =
    part("keystone-auth/1") +
    part(flow === "client_credentials" ? "client" : "person") +
    part(issuer) +
    part(clientId) +
    parts(scopes) +
    parts(audiences) +
    parts(resources) +
    // Nothing where nothing was chosen: the sessions of older versions keep their names.
    (chosen.length > 0 ? parts(chosen.map(([name, value]) => part(name) + part(value))) : "");
  return `s-${await digest(canonical)}`;
}
