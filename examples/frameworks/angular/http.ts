/** The access token in requests to the API, and a guard for pages that need a session. */
import { type HttpErrorResponse, type HttpInterceptorFn } from "@angular/common/http";
import { inject } from "@angular/core";
import { type CanActivateFn, RedirectCommand, Router } from "@angular/router";
import { isKeystoneAuthError } from "keystone-auth/browser";
import { catchError, from, switchMap, throwError } from "rxjs";
import { API_ORIGINS, OIDC_CLIENT } from "./session";

/** A token of its own for each request: from memory it costs nothing, and it is always one that is still valid. */
export const withAccessToken: HttpInterceptorFn = (request, next) => {
  const client = inject(OIDC_CLIENT);
  if (!inject(API_ORIGINS).includes(new URL(request.url, location.href).origin)) return next(request);
  const send = (token: string) => next(request.clone({ setHeaders: { authorization: `Bearer ${token}` } }));
  const again = (refused: string) =>
    from(client.getAccessToken({ rejectedToken: refused })).pipe(switchMap((token) => send(token)));
  return from(client.getAccessToken()).pipe(
    switchMap((token) =>
      send(token).pipe(
        // Revoked, or the API's clock is ahead: once with another token.
        catchError((error: HttpErrorResponse) => (error.status === 401 ? again(token) : throwError(() => error))),
      ),
    ),
  );
};

/** Leaves for the login where the page is just loaded; later, the page /signed-out has a button for it. */
export const requireSession: CanActivateFn = async (_route, { url }) => {
  const [client, router] = [inject(OIDC_CLIENT), inject(Router)];
  try {
    await client.getAccessToken();
    return true;
  } catch (error) {
    if (!isKeystoneAuthError(error) || error.code !== "login_required") throw error;
    return new RedirectCommand(router.createUrlTree(["/signed-out"], { queryParams: { then: url } }));
  }
};
