/** The names of authorization request parameters: which a program may set, and which of them choose a token. */
import { parameters, refuse, WANTED_URI } from "./checks.js";

/** Parameters that carry the security of the flow; nobody may replace them. Some providers read names without case. */
const SECURITY_PARAMETER =
  /^(client_(id|secret)|code(_.+)?|dpop_jkt|grant_type|nonce|redirect_uri|request(_uri)?|response_.+|scope|state)$/i;

/** Parameters that choose who signs in and how the page looks, not which token comes of it. */
const CHOOSES_NO_TOKEN =
  /^(login_hint|prompt|ui_locales|display|id_token_hint|max_age|claims_locales|screen_hint|kc_idp_hint|kc_action|domain_hint|hd|identity_provider|connection|access_type|resource)$/;

/** Whether two clients that differ in this parameter have two sessions. A `resource` is named in the session's key by itself. */
export const choosesToken = (name: string): boolean => !CHOOSES_NO_TOKEN.test(name);

/** The parameters of a client's logins. */
export function authorizationParams(value: unknown, option: string): Readonly<Record<string, string>> {
  const params = parameters(SECURITY_PARAMETER)(value, option);
  const { resource, max_age } = params;
  if (max_age !== undefined && !/^\d{1,9}$/.test(max_age)) refuse(option, "max_age must be a whole number of seconds.");
  // RFC 8707 §2.
  if (resource !== undefined && !(/^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(resource) && URL.canParse(resource)))
    refuse(option, `resource ${WANTED_URI}`);
  return params;
}

/** The parameters of one login: none that would make another session of it. */
export function loginParams(value: unknown, option: string): Readonly<Record<string, string>> {
  const params = authorizationParams(value, option);
  const stray = Object.keys(params).find(
    (name) => name === "resource" || (name !== "acr_values" && choosesToken(name)),
  );
  if (stray !== undefined)
    refuse(
      option,
      `${stray} chooses a token: give it in the client's authorizationParams, since it makes a session of its own.`,
    );
  return params;
}
