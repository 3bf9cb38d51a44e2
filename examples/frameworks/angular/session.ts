/** The session in Angular: the client by an injection token, and who is signed in as a signal. */
import { type EnvironmentProviders, InjectionToken, makeEnvironmentProviders } from "@angular/core";
import type { OidcClient } from "keystone-auth/browser";

/** Tests provide `{ getAccessToken: async () => "token" }` and what else they need. */
export const OIDC_CLIENT = new InjectionToken<OidcClient>("the client of keystone-auth");

/** Where the access token goes: no other address gets it. */
export const API_ORIGINS = new InjectionToken<readonly string[]>("the origins of the API");

export function provideSession(client: OidcClient, apiOrigins: readonly string[]): EnvironmentProviders {
  return makeEnvironmentProviders([
    { provide: OIDC_CLIENT, useValue: client },
    { provide: API_ORIGINS, useValue: apiOrigins },
  ]);
}
