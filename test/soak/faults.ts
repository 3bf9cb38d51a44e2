/** Faults of a provider, by lot. What becomes of tokens by them is in the history. */
import type { Answer, Claims, Delivery, Exchange, FakeProvider } from "../support/fake-provider.js";

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

/** Now and then an ID Token that a refresh brings cannot be validated, or speaks of another person. */
function spoil(claims: Claims): void {
  const lot = Math.random();
  if (lot < 0.02) claims.exp = Number(claims.iat) - 3600;
  else if (lot < 0.023) claims.sub = "somebody else";
}

export class Faults {
  enabled = true;
  injected = 0;
  ended = 0;
  lost = 0;

  constructor(private readonly provider: FakeProvider) {
    provider.on("token", (exchange) => this.#token(exchange));
    provider.settings.editIdToken = (claims, grantType) => {
      if (this.enabled && grantType === "refresh_token") spoil(claims);
    };
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
    if (token === null || !this.enabled) return undefined;
    if (Math.random() < 0.1) return this.#fault(exchange);
    if (Math.random() < 0.01) {
      this.ended += 1;
      this.provider.killSession(token);
    }
    if (Math.random() >= 0.01) return undefined;
    // The token is spent, and nobody gets the next one.
    this.lost += 1;
    await exchange.next();
    return exchange.reset();
  }
}
