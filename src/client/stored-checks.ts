/** Checks of what is stored, on each platform: the session, and a store of the program's own. */
import type { ClientConfig } from "../options/config.js";
import { quoted } from "../options/log.js";
import type { KeyValueStore } from "../ports.js";
import { claimMissing } from "../session/claim-missing.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";
import { failed, type Finding, ok, skipped, warning } from "./diagnosis.js";

/** `leftMs` is what the access token has. */
export function sessionFinding(
  record: SessionRecord | undefined,
  leftMs: number,
  { flow, minValidityMs, requiredClaims, scopes }: ClientConfig,
): Finding {
  if (flow === "client_credentials")
    return skipped("The program signs in as itself: the next call gets a token where none is stored.");
  if (record === undefined) return skipped("Nobody is signed in.");
  const missing = claimMissing(record, { requiredClaims });
  if (missing) {
    const what = `The stored access token has no claim ${quoted(missing.claim)} as the option requiredClaims asks for it.`;
    const then = record.refreshToken
      ? "A call renews the session and looks again."
      : "Then sign in again: there is no refresh token to renew it with.";
    return warning(what, `Ask whoever grants this account its licences or roles. ${then}`);
  }
  const isRenewable = record.refreshToken !== undefined;
  const hasTime = accessTokenOf(record) !== undefined && leftMs > 0;
  const token = `The access token has ${hasTime ? "time left" : "expired"}`;
  if (isRenewable) return ok(`${token}, and can be renewed.`);
  const advice = scopes.includes("offline_access")
    ? "The scope offline_access is asked for, and the provider gave no refresh token: this client may not be allowed to have one. Ask whoever registers it there; then sign in again."
    : 'Ask for a refresh token: most providers give one with extraScopes: ["offline_access"].';
  if (hasTime && leftMs >= minValidityMs) return ok(`${token}; there is no refresh token to renew it with.`, advice);
  return warning(`${token} and there is no refresh token to renew it with: a person has to sign in again.`, advice);
}

/** Writes a record, reads it and deletes it. */
export async function ownStoreFinding(store: KeyValueStore): Promise<Finding> {
  const key = "diagnosis";
  try {
    await store.set(key, { written: "by diagnose()" });
    const found = await store.get(key);
    await store.delete(key);
    if (found !== undefined) return ok("The program's own store gives back what was written, and deletes it.");
    return failed("The program's own store takes a write and does not give it back.", "Look at its get and set.");
  } catch {
    // Its message could hold a record or an address with a password.
    return failed("The program's own store rejected a call of set, get or delete.", "Look at the store's own log.");
  }
}
