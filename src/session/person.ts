/** Whose session it is: the subject at an issuer (OpenID Connect Core 1.0 §5.7). */
import { claimsOf, type IdTokenClaims, type SessionRecord } from "../token-set.js";

export interface Person {
  readonly sub: string;
  /** That of the ID Token: an issuer for several tenants names each of them. */
  readonly iss?: string | undefined;
}

/** `undefined` where nothing tells who it is. */
export function personOf(session: Pick<SessionRecord, "subject" | "idToken"> | undefined): Person | undefined {
  return personIn(claimsOf(session?.idToken), session?.subject);
}

export function personIn(claims: IdTokenClaims | undefined, subject = claims?.sub): Person | undefined {
  return subject === undefined ? undefined : { sub: subject, iss: claims?.iss };
}

/** Whether these are two people, as far as is known. */
export function areDifferent(one: Person | undefined, other: Person | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.sub !== other.sub || (one.iss !== undefined && other.iss !== undefined && one.iss !== other.iss);
}
