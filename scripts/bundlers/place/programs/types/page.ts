// A page's program: no types of Node, and nothing of the DOM beyond what TypeScript brings.
import {
  isKeystoneAuthError,
  type KeystoneAuthError,
  OidcClient,
  type OidcClientOptions,
  type TokenProvider,
} from "keystone-auth";
import * as anySide from "keystone-auth";
import { OidcClient as PageClient } from "keystone-auth/browser";
import "keystone-auth/browser/callback";
import { OidcClient as WindowClient } from "keystone-auth/electron/renderer";
import { fakeClient, FakeOidcClient } from "keystone-auth/testing";

export const options: OidcClientOptions = { clientId: "spa", issuer: "https://id.example", loginMode: undefined };
export const providers: TokenProvider[] = [
  new OidcClient(options),
  new PageClient(options),
  new WindowClient(),
  fakeClient({ token: "a token" }),
  { getAccessToken: async () => "a token" },
];
export const client: OidcClient = new PageClient(options);

// What takes a client takes the stand-in, and a class of a test that is in the place of the real one.
export const standIns: [OidcClient, PageClient, WindowClient] = [fakeClient(), fakeClient(), fakeClient()];
class Replaced extends FakeOidcClient {
  constructor(readonly options: OidcClientOptions) {
    super({ token: "a token" });
  }
}
export const replaced: OidcClient = new Replaced(options);
// @ts-expect-error
export const tooLittle: OidcClient = { getAccessToken: async () => "a token" };

// The guard tells the classes apart, by code and by name, and each is one of the base class.
export function reasonOf(error: unknown): string | undefined {
  if (!isKeystoneAuthError(error)) return undefined;
  const base: KeystoneAuthError = error;
  if (error.code === "login_required") return error.reason;
  if (error.name === "StorageError") return error.kind;
  if (error.code === "provider") return error.errorDescription;
  // @ts-expect-error
  return base.reason;
}
export const email: string | undefined = new OidcClient(options).session.claims?.email;

export const says = (error: unknown): string => (isKeystoneAuthError(error) ? error.code : "unknown");

// What Node alone has is in the Node entry alone.
// @ts-expect-error
export const page = anySide.productPage;
// @ts-expect-error
export const keychain = anySide.safeStorageKeychain;
