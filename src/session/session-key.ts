/** The canonical key of a session: what makes two clients share one. */
import type { ClientSettings } from "../options/config.js";
import type { Platform } from "../client/platform.js";

// Length-prefixed, so that no choice of separators inside a value can make two different lists look the same.
const part = (value: string) => `${value.length}:${value}`;
const parts = (values: readonly string[]) => `${values.length}[${[...values].sort().map(part).join("")}]`;

/**
 * A session belongs to an issuer, a client, and the scopes, audiences and resources asked for, in any order. A program
 * that signs in as itself never shares a session with a person.
 */
export async function sessionKey(config: ClientSettings, digest: Platform["digest"]): Promise<string> {
  const grant = config.flow === "client_credentials" ? "client" : "person";
  const canonical =
    part("keystone-auth/1") +
    part(grant) +
    part(config.issuer) +
    part(config.clientId) +
    parts(config.scopes) +
    parts(config.audiences) +
    parts(config.resources);
  return `s-${await digest(canonical)}`;
}
