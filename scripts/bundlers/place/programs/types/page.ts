// A page's program: no types of Node, and nothing of the DOM beyond what TypeScript brings.
import { isKeystoneAuthError, OidcClient, type OidcClientOptions, type TokenProvider } from "keystone-auth";
import * as anySide from "keystone-auth";
import { OidcClient as PageClient } from "keystone-auth/browser";
import "keystone-auth/browser/callback";
import { OidcClient as WindowClient } from "keystone-auth/electron/renderer";
import { fakeClient } from "keystone-auth/testing";

export const options: OidcClientOptions = { clientId: "spa", issuer: "https://id.example", loginMode: undefined };
export const providers: TokenProvider[] = [
  new OidcClient(options),
  new PageClient(options),
  new WindowClient(),
  fakeClient({ token: "a token" }),
  { getAccessToken: async () => "a token" },
];
export const client: OidcClient = new PageClient(options);
export const says = (error: unknown): string => (isKeystoneAuthError(error) ? error.code : "unknown");

// What Node alone has is in the Node entry alone.
// @ts-expect-error
export const page = anySide.productPage;
// @ts-expect-error
export const keychain = anySide.safeStorageKeychain;
