/** Angular's router. The way says who asks for the token: the report's component by its request, or a guard. */
import { HttpClient, provideHttpClient, withInterceptors } from "@angular/common/http";
import { Component, inject, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { ActivatedRoute, provideRouter, RouterLink, RouterOutlet } from "@angular/router";
import { client } from "../../angular/client";
import { requireSession, withAccessToken } from "../../angular/http";
import { provideSession } from "../../angular/session";
import { way } from "../shared/way";

declare const API: string;

@Component({ template: "<h1>Start</h1>" })
class Start {}

@Component({ template: "<h1>Other</h1>" })
class Other {}

@Component({
  template: `
    <h1>Report {{ route.snapshot.params["id"] }}, tab {{ route.snapshot.queryParams["tab"] }}</h1>
    <p id="greeting">{{ greeting() }}</p>
  `,
})
class Report {
  readonly route = inject(ActivatedRoute);
  readonly greeting = signal("");

  constructor() {
    inject(HttpClient)
      .get<{ greeting: string }>(API)
      .subscribe({
        next: ({ greeting }) => this.greeting.set(greeting),
        error: (error: unknown) => this.greeting.set(String(error)),
      });
  }
}

@Component({
  selector: "app-root",
  imports: [RouterLink, RouterOutlet],
  template: `
    <nav>
      <a routerLink="/">Start</a> <a routerLink="/reports/7" [queryParams]="{ tab: 'a' }">Report 7</a>
      <a routerLink="/other">Other</a>
    </nav>
    <router-outlet />
  `,
})
class Root {}

const guards = way() === "guard" ? [requireSession] : [];

bootstrapApplication(Root, {
  providers: [
    provideZonelessChangeDetection(),
    provideSession(client, [new URL(API).origin]),
    provideHttpClient(withInterceptors([withAccessToken])),
    provideRouter([
      { path: "", component: Start },
      { path: "reports/:id", component: Report, canActivate: guards },
      { path: "other", component: Other },
    ]),
  ],
}).catch((error: unknown) => console.error(error));
