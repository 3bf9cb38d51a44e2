/** The access token in requests to the API, and in no others. */
import type { HttpErrorResponse, HttpInterceptorFn } from "@angular/common/http";
import { inject } from "@angular/core";
import { catchError, from, switchMap, throwError } from "rxjs";
import { API_ORIGINS, OIDC_CLIENT } from "./session";

/** A token for each request: from memory it costs nothing, and it is always one that is still valid. */
export const withAccessToken: HttpInterceptorFn = (request, next) => {
  const client = inject(OIDC_CLIENT);
  if (!inject(API_ORIGINS).includes(new URL(request.url, document.baseURI).origin)) return next(request);
  const send = (token: string) => next(request.clone({ setHeaders: { authorization: `Bearer ${token}` } }));
  const again = (rejectedToken: string) => from(client.getAccessToken({ rejectedToken })).pipe(switchMap(send));
  return from(client.getAccessToken()).pipe(
    switchMap((token) =>
      send(token).pipe(
        // Revoked, or the API's clock is ahead: once more with another token.
        catchError((error: HttpErrorResponse) => (error.status === 401 ? again(token) : throwError(() => error))),
      ),
    ),
  );
};
