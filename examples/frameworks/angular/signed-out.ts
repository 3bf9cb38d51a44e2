/** The page /signed-out: a button, and the way back to what was asked for. */
import { Location } from "@angular/common";
import { ChangeDetectionStrategy, Component, effect, inject, input, signal } from "@angular/core";
import { Router } from "@angular/router";
import { injectSession, OIDC_CLIENT } from "./session";

@Component({
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h1>You are signed out</h1>
    @if (session().status === "user_changed") {
      <p>Somebody else has signed in in another tab.</p>
    }
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
    effect(() => {
      // In another tab, perhaps.
      if (this.session().status === "signed_in") void router.navigateByUrl(this.to(), { replaceUrl: true });
    });
  }

  protected signIn(): void {
    const returnTo = this.#location.prepareExternalUrl(this.to());
    this.#client.signIn({ returnTo }).catch((error: Error) => this.failure.set(error.message));
  }
}
