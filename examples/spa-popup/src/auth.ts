/** The app's one client. Make it once, outside of components and handlers. */
import { OidcClient } from "keystone-auth/browser";

const { VITE_ISSUER, VITE_CLIENT_ID, VITE_SCOPES, VITE_AUDIENCE } = import.meta.env;

export const client = new OidcClient({
  issuer: VITE_ISSUER ?? "http://127.0.0.1:4400/identity",
  clientId: VITE_CLIENT_ID ?? "spa",
  // offline_access: the page renews its token, and asks nobody again.
  extraScopes: (VITE_SCOPES ?? "offline_access hub_connector_api").split(" "),
  audiences: [VITE_AUDIENCE ?? "hub_connector_api"],
  loginMode: "popup",
  // Registered at the provider. A page of its own, so that the window does not load the whole app.
  redirectUri: `${location.origin}/callback.html`,
  postLogoutRedirectUri: `${location.origin}/callback.html`,
  // For the demo's provider, which has no https. Remove it.
  allowInsecureLoopback: true,
});
