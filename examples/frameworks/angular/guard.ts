/** Pages with `canActivate: [requireSession]` are for whoever is signed in; others are sent to the page /signed-out. */
import { type EnvironmentProviders, inject, provideAppInitializer } from "@angular/core";
import { type ActivatedRouteSnapshot, type CanActivateFn, RedirectCommand, Router } from "@angular/router";
import { isKeystoneAuthError } from "keystone-auth/browser";
import { OIDC_CLIENT } from "./session";

const signedOut = (router: Router, to: string) => router.createUrlTree(["/signed-out"], { queryParams: { to } });

export const requireSession: CanActivateFn = async (_route, { url }) => {
  const [client, router] = [inject(OIDC_CLIENT), inject(Router)];
  try {
    // Leaves for the login where the page has just been loaded. Afterwards a person is asked by a button.
    await client.getAccessToken();
    return true;
  } catch (error) {
    if (isKeystoneAuthError(error) && error.code === "login_required")
      return new RedirectCommand(signedOut(router, url));
    throw error;
  }
};

/** Beside `provideRouter()`: the page that is shown was let in before, and somebody may sign out in another tab. */
export function provideSessionGuard(): EnvironmentProviders {
  return provideAppInitializer(() => {
    const [client, router] = [inject(OIDC_CLIENT), inject(Router)];
    client.on("session", () => {
      const { status } = client.session;
      if (status !== "signed_out" && status !== "user_changed") return;
      if (isGuarded(router.routerState.snapshot.root)) {
        void router.navigateByUrl(signedOut(router, router.url), { replaceUrl: true });
      }
    });
  });
}

const isGuarded = ({ routeConfig, children }: ActivatedRouteSnapshot): boolean =>
  routeConfig?.canActivate?.includes(requireSession) === true || children.some(isGuarded);
