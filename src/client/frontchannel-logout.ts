/** A provider that tells an application, in a hidden frame, that its session has ended. Loaded when a page asks for it. */
import type { SessionView } from "../session/session-view.js";
import { claimsOf } from "../session/public-view.js";

/** Clears the session where a front-channel logout speaks of it (OpenID Connect Front-Channel Logout 1.0 §2). */
export async function frontchannelLogout(url: string, view: SessionView): Promise<boolean> {
  const parameters = URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams();
  const [iss, sid] = [parameters.get("iss"), parameters.get("sid")];
  const claims = claimsOf((await view.look())?.idToken);
  if (!claims || !iss || !sid || claims.iss !== iss || claims.sid !== sid) return false;
  await view.forget();
  return true;
}
