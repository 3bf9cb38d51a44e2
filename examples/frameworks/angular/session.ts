/** The session in Angular: the client by an injection token, and who is signed in as a signal. */
import {
  DestroyRef,
  type EnvironmentProviders,
  inject,
  InjectionToken,
  makeEnvironmentProviders,
  type Signal,
  signal,
} from "@angular/core";
import type { OidcClient } from "keystone-auth/browser";

export const OIDC_CLIENT = new InjectionToken<OidcClient>("the client of keystone-auth");

/** Where the access token may go: no other address gets it. */
export const API_ORIGINS = new InjectionToken<readonly string[]>("the origins of the API");

export function provideSession(client: OidcClient, apiOrigins: readonly string[]): EnvironmentProviders {
  return makeEnvironmentProviders([
    { provide: OIDC_CLIENT, useValue: client },
    { provide: API_ORIGINS, useValue: apiOrigins },
  ]);
}

/** Changes when somebody signs in or out, here or in another tab. */
export function injectSession(): Signal<OidcClient["session"]> {
  const client = inject(OIDC_CLIENT);
  const session = signal(client.session);
  inject(DestroyRef).onDestroy(client.on("session", () => session.set(client.session)));
  return session.asReadonly();
}
