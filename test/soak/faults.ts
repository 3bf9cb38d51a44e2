/** Faults of the provider, by lot, and the books that tell afterwards whether a refresh token might come twice. */
import type { Answer, Delivery, Exchange, FakeProvider } from "../support/fake-provider.js";

const html = "<html>Sign in to the hotel network</html>";

/** None of them reaches the token endpoint's work: the token that was sent is still good. */
const FAULTS: readonly ((exchange: Exchange) => Answer | Delivery)[] = [
  () => ({ status: 500, json: { error: "server_error" } }),
  (exchange) => exchange.html(502, html),
  () => ({ status: 503, headers: { "retry-after": "1" }, json: {} }),
  () => ({ status: 429, json: {} }),
  (exchange) => exchange.html(200, html),
  (exchange) => exchange.html(400, html),
  (exchange) => exchange.reset(),
  (exchange) => exchange.hang(),
  (exchange) => exchange.stallAfterHeaders('{"access'),
  (exchange) => exchange.trickle("x".repeat(4000)),
  (exchange) => exchange.endEarly('{"access_token"'),
  (exchange) => exchange.redirect("http://127.0.0.1:1/token", 307),
];

/** One refresh token that came to the provider and was dealt with. */
interface Presented {
  readonly process: number;
  /** The client left before it had the answer. */
  lost: boolean;
}

export class Faults {
  enabled = true;
  injected = 0;
  ended = 0;
  refreshes = 0;
  /** Reuse of a token that nothing excuses. */
  readonly unexcused: string[] = [];
  excused = 0;
  /** By client id, the refresh token that was given last. */
  readonly latest = new Map<string, string>();
  readonly #presented = new Map<string, Presented>();
  /** Processes that were killed or stopped: what they had been given may be lost. */
  readonly struck = new Set<number>();

  constructor(private readonly provider: FakeProvider) {
    provider.on("token", (exchange) => this.#token(exchange));
    for (const endpoint of ["discovery", "jwks"] as const) {
      provider.on(endpoint, (exchange) => (this.enabled && Math.random() < 0.05 ? this.#fault(exchange) : undefined));
    }
  }

  #fault(exchange: Exchange): Answer | Delivery {
    this.injected += 1;
    return (FAULTS[Math.floor(Math.random() * FAULTS.length)] as (typeof FAULTS)[number])(exchange);
  }

  async #token(exchange: Exchange): Promise<Answer | Delivery | undefined> {
    const token = exchange.form.get("refresh_token");
    if (token === null) return await this.#remember(exchange);
    if (this.enabled && Math.random() < 0.1) return this.#fault(exchange);
    if (this.enabled && Math.random() < 0.01) {
      this.ended += 1;
      this.provider.killSession(token);
    }
    this.#judge(token);
    const mine: Presented = { process: Number(exchange.headers["x-process"] ?? 0), lost: false };
    this.#presented.set(token, mine);
    void exchange.clientGone.then(() => {
      mine.lost = true;
    });
    this.refreshes += 1;
    return await this.#remember(exchange);
  }

  #judge(token: string): void {
    const before = this.#presented.get(token);
    // A session that has ended refuses the token as often as it is asked; whoever comes late may ask once more.
    if (before === undefined || !this.provider.sessionAlive(token)) return;
    if (before.lost || this.struck.has(before.process)) this.excused += 1;
    else this.unexcused.push(`a refresh token of process ${before.process} came twice`);
  }

  async #remember(exchange: Exchange): Promise<Answer> {
    const answer = await exchange.next();
    const next: unknown = answer.json?.refresh_token;
    if (typeof next === "string") this.latest.set(exchange.form.get("client_id") ?? "", next);
    return answer;
  }
}
