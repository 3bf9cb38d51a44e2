/** The app's one client, made before Angular starts: what comes back from a login is dealt with before the router looks. */
import { OidcClient } from "keystone-auth/browser";

// The build sets them: "define" in angular.json, or `ng build --define`.
declare const ISSUER: string;
declare const CLIENT_ID: string;

export const client = new OidcClient({
  issuer: ISSUER,
  clientId: CLIENT_ID,
  // With a refresh token the session goes on without a visit to the provider.
  extraScopes: ["offline_access", "hub_connector_api"],
  audiences: ["hub_connector_api"],
  // Registered at the provider, as is the redirect URI, which is the same by default.
  postLogoutRedirectUri: `${location.origin}/`,
  // For a provider of http on the developer's own machine. It changes nothing elsewhere.
  allowInsecureLoopback: true,
});
