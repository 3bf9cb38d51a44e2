// A CommonJS file: what has a file of its own for `require` has the same names there.
import { exposeTokens } from "keystone-auth/electron/preload";
import { fakeClient, FakeOidcClient, LoginRequiredError, OidcFlow } from "keystone-auth/testing";

export const expose: typeof exposeTokens = exposeTokens;
export const client = fakeClient({ token: "a token" });
export const isAsked = (error: unknown): boolean =>
  error instanceof LoginRequiredError && error.reason === "no_session";
export class Replaced extends FakeOidcClient {}
export const replaced: FakeOidcClient = new Replaced({ token: "a token" });
export const flow: OidcFlow = OidcFlow.device_code;
