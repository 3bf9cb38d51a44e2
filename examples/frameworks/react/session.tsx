"use client";

/** Who is signed in, in React: <SessionProvider client={client}> around the app, then useSession() in components. */
import type { OidcClient } from "keystone-auth/browser";
import { createContext, type ReactNode, use, useCallback, useSyncExternalStore } from "react";

type Session = OidcClient["session"];
const Client = createContext<OidcClient | undefined>(undefined);
/** One object: while a server renders, and until its page has come to life, nothing is known. */
const UNKNOWN: Session = { status: "unknown" };

export function SessionProvider({ client, children }: { client: OidcClient; children: ReactNode }) {
  return <Client value={client}>{children}</Client>;
}

export function useClient(): OidcClient {
  const client = use(Client);
  if (client === undefined) throw new Error("There is no SessionProvider around this component.");
  return client;
}

/** Changes when somebody signs in or out, here or in another tab. */
export function useSession(): Session {
  const client = useClient();
  const subscribe = useCallback((changed: () => void) => client.on("session", changed), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.session,
    () => UNKNOWN,
  );
}
