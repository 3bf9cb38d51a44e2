/** The page /signed-out: a button, and the way back to what was asked for. */
import { Location } from "@angular/common";
import { ChangeDetectionStrategy, Component, DestroyRef, inject, input, signal } from "@angular/core";
import { Router } from "@angular/router";
import { injectSession, OIDC_CLIENT } from "./session";

@Component({
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h1>{{ session().status === "user_changed" ? "Another person has signed in" : "You are signed out" }}</h1>
    @if (failure()) {
      <p role="alert">{{ failure() }}</p>
    }
    <button type="button" (click)="signIn()">Sign in</button>
  `,
})
export class SignedOut {
  /** From the query, by withComponentInputBinding(). */
  readonly to = input("/");
  protected readonly session = injectSession();
  protected readonly failure = signal("");
  readonly #client = inject(OIDC_CLIENT);
  readonly #location = inject(Location);

  constructor() {
    const router = inject(Router);
    // In another tab, perhaps. Not before something happens: a session that gives no token would lead here again.
    const stop = this.#client.on("session", () => {
      if (this.#client.session.status === "signed_in") void router.navigateByUrl(this.to(), { replaceUrl: true });
    });
    inject(DestroyRef).onDestroy(stop);
  }

  protected signIn(): void {
    const returnTo = this.#location.prepareExternalUrl(this.to());
    this.#client.signIn({ returnTo }).catch((error: Error) => this.failure.set(error.message));
  }
}
