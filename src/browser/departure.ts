/**
 * The note in the tab that it has left for a login. A provider that refuses a request may send the person back without its
 * `state` (RFC 6749 §4.1.2.1 asks for it): then this alone tells that the error is meant for us.
 */
import type { BrowserConfig } from "../options/config.js";
import type { Clock } from "../ports.js";
import { tabStorage } from "./tab-storage.js";

const KEY = "keystone-auth.departure";
/** Who comes back later than that comes for another reason. */
const REMEMBERED_MS = 60 * 60_000;

interface Departure {
  readonly client: string;
  /** Wall time in milliseconds. */
  readonly at: number;
  readonly returnTo: string;
}

const clientOf = ({ issuer, clientId }: BrowserConfig): string => `${issuer} ${clientId}`;

export function noteDeparture(config: BrowserConfig, clock: Clock, returnTo: string): void {
  const departure: Departure = { client: clientOf(config), at: clock.now(), returnTo };
  try {
    tabStorage()?.setItem(KEY, JSON.stringify(departure));
  } catch {
    // A full storage must not keep anybody from signing in.
  }
}

/** Where the login of this client has left from, while it is not known to have come back. */
export function departedFrom(config: BrowserConfig, clock: Clock): string | undefined {
  try {
    const { client, at, returnTo } = JSON.parse(tabStorage()?.getItem(KEY) ?? "{}") as Partial<Departure>;
    const isOurs = client === clientOf(config) && Math.abs(clock.now() - Number(at)) < REMEMBERED_MS;
    return isOurs ? returnTo : undefined;
  } catch {
    return undefined;
  }
}

export function forgetDeparture(): void {
  tabStorage()?.removeItem(KEY);
}
