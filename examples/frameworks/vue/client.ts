/** The app's one client: a module is loaded once, so it is there before the router and outlives every component. */
import { OidcClient } from "keystone-auth/browser";

export const client = new OidcClient({
  issuer: import.meta.env.VITE_ISSUER,
  clientId: import.meta.env.VITE_CLIENT_ID,
  // With a refresh token the session goes on without a visit to the provider.
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  // Registered at the provider, as is the redirect URI, which is the same by default.
  postLogoutRedirectUri: `${location.origin}/`,
  // For a provider of http on the developer's own machine. It changes nothing elsewhere.
  allowInsecureLoopback: true,
});
