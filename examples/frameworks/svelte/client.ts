/** The app's one client: a module is loaded once. It may be loaded while a server renders; nobody signs in there. */
import { OidcClient } from "keystone-auth/browser";
import { browser } from "$app/environment";
import { goto } from "$app/navigation";
import { PUBLIC_CLIENT_ID, PUBLIC_ISSUER } from "$env/static/public";

export const client = new OidcClient({
  issuer: PUBLIC_ISSUER,
  clientId: PUBLIC_CLIENT_ID,
  // With a refresh token the session goes on without a visit to the provider.
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  // SvelteKit's router takes no event for a navigation: it is called.
  onReturn: (path) => void goto(path, { replaceState: true }),
  // Registered at the provider, as is the redirect URI, which is the same by default.
  ...(browser && { postLogoutRedirectUri: `${location.origin}/` }),
  // For a provider of http on the developer's own machine. It changes nothing elsewhere.
  allowInsecureLoopback: true,
});
