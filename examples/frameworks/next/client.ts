/** The app's one client, for client components. The server loads this module too, for all its visitors: nobody signs in there. */
import { OidcClient } from "keystone-auth/browser";
import { useRouter } from "next/navigation";
import { useEffect } from "react";

/** Where a person comes back to. Next's router is called for it, and a component alone has the router. */
let waiting: string | undefined;
let go = (path: string): void => {
  waiting = path;
};

/** In one component around the app: shows the page that asked for the login. */
export function useReturn(): void {
  const router = useRouter();
  useEffect(() => {
    go = (path) => router.replace(path);
    if (waiting !== undefined) go(waiting);
    waiting = undefined;
  }, [router]);
}

export const client = new OidcClient({
  issuer: process.env.NEXT_PUBLIC_ISSUER ?? "",
  clientId: process.env.NEXT_PUBLIC_CLIENT_ID ?? "",
  // With a refresh token the session goes on without a visit to the provider.
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  onReturn: (path) => go(path),
  // Registered at the provider, as is the redirect URI, which is the same by default.
  ...(typeof location !== "undefined" && { postLogoutRedirectUri: `${location.origin}/` }),
  // For a provider of http on the developer's own machine. It changes nothing elsewhere.
  allowInsecureLoopback: true,
});
