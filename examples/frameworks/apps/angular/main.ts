/** Angular's router. The way says who asks for the token: the report's component by its request, or a guard. */
import { HttpClient, provideHttpClient, withInterceptors } from "@angular/common/http";
import { Component, inject, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import {
  ActivatedRoute,
  provideRouter,
  Router,
  RouterLink,
  RouterOutlet,
  withComponentInputBinding,
} from "@angular/router";
import { client } from "../../angular/client";
import { provideSessionGuard, requireSession } from "../../angular/guard";
import { withAccessToken } from "../../angular/http";
import { injectSession, OIDC_CLIENT, provideSession } from "../../angular/session";
import { SignedOut } from "../../angular/signed-out";
import { way } from "../shared/way";

declare const API: string;

@Component({ template: "<h1>Start</h1>" })
class Start {}

@Component({ template: "<h1>Other</h1>" })
class Other {}

@Component({ selector: "app-greeting", template: `<p id="greeting">{{ text() }}</p>` })
class Greeting {
  readonly text = signal("");

  constructor() {
    inject(HttpClient)
      .get<{ greeting: string }>(API)
      .subscribe({
        next: ({ greeting }) => this.text.set(greeting),
        error: (error: unknown) => this.text.set(String(error)),
      });
  }
}

@Component({
  imports: [Greeting],
  template: `
    <h1>Report {{ route.snapshot.params["id"] }}, tab {{ route.snapshot.queryParams["tab"] }}</h1>
    <app-greeting />
  `,
})
class Report {
  readonly route = inject(ActivatedRoute);
}

@Component({ imports: [Greeting], template: "<h1>Account</h1><app-greeting />" })
class Account {}

@Component({
  selector: "app-root",
  imports: [RouterLink, RouterOutlet],
  template: `
    <header>
      <p id="session">{{ session().status === "signed_in" ? session().subject : session().status }}</p>
      @if (session().status === "signed_in") {
        <button type="button" (click)="signOut()">Sign out</button>
      } @else if (session().status === "signed_out" && !router.url.startsWith("/signed-out")) {
        <button type="button" (click)="signIn()">Sign in</button>
      }
    </header>
    <nav>
      <a routerLink="/">Start</a> <a routerLink="/reports/7" [queryParams]="{ tab: 'a' }">Report 7</a>
      <a routerLink="/other">Other</a> <a routerLink="/account">Account</a>
    </nav>
    <router-outlet />
  `,
})
class Root {
  readonly session = injectSession();
  readonly router = inject(Router);
  readonly #client = inject(OIDC_CLIENT);

  signIn(): void {
    this.#client.signIn().catch((error: unknown) => console.error(error));
  }

  signOut(): void {
    void this.#client.signOut();
  }
}

const guards = way() === "guard" ? [requireSession] : [];

bootstrapApplication(Root, {
  providers: [
    provideZonelessChangeDetection(),
    provideSession(client, [new URL(API).origin]),
    provideHttpClient(withInterceptors([withAccessToken])),
    provideSessionGuard(),
    provideRouter(
      [
        { path: "", component: Start },
        { path: "reports/:id", component: Report, canActivate: guards },
        { path: "other", component: Other },
        { path: "account", component: Account, canActivate: [requireSession] },
        { path: "signed-out", component: SignedOut },
      ],
      withComponentInputBinding(),
    ),
  ],
}).catch((error: unknown) => console.error(error));
