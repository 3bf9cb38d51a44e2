/** The session as a component sees it. Many components may use it: they share the one client, and so one request. */
import type { OidcClient, TokenSet } from "keystone-auth/browser";
import { useEffect, useState } from "react";
import { isLoginRequired } from "./explain.js";

export type Session =
  | { readonly state: "loading" }
  | { readonly state: "signed-out" }
  | { readonly state: "signed-in"; readonly tokens: TokenSet }
  | { readonly state: "failed"; readonly error: unknown };

export function useSession(client: OidcClient): Session {
  const [session, setSession] = useState<Session>({ state: "loading" });
  useEffect(() => {
    let mounted = true;
    const set = (next: Session) => mounted && setSession(next);
    const look = () =>
      client.getTokenSet({ interaction: "never" }).then(
        (tokens) => set({ state: "signed-in", tokens }),
        (error) => set(isLoginRequired(error) ? { state: "signed-out" } : { state: "failed", error }),
      );
    void look();
    // Signed in, out or renewed, in this tab or another one.
    const stop = client.on("session", look);
    return () => {
      mounted = false;
      stop();
    };
  }, [client]);
  return session;
}
