/** The way between a client and its provider: requests and answers are under way, and get lost before or after it acted. */
import { type Answer, ISSUER, type Provider } from "./provider.js";
import type { Actor, World } from "./world.js";

/** What may become of a request, each with its weight. */
const FATES = {
  "never arrives": 2,
  "answer is lost": 3,
  "hangs before": 1,
  "hangs after": 2,
  refused: 2,
  foreign: 1,
  "busy after": 1,
  "is slow before": 2,
  "is slow after": 3,
} as const;

type Fate = "works" | keyof typeof FATES;

const NAMES = Object.keys(FATES) as (keyof typeof FATES)[];
const WEIGHTS = Object.values(FATES);

/** No network keeps a request for longer. */
const LONGEST_WAY_MS = 20_000;
const SLOW_MS = [2000, 8000, 15_000];

const STATUSES = [429, 500, 503];

/** The members of a Response that `src/protocol/fetch.ts` reads. */
function responseOf(status: number, type: string, text: string): Response {
  const bytes = Buffer.from(text);
  const headers = { get: (name: string) => (name === "content-type" ? type : null) };
  const body = { arrayBuffer: async () => bytes, body: null };
  return { ok: status < 400, status, headers, type: "basic", redirected: false, ...body } as unknown as Response;
}

const page = (status: number) => responseOf(status, "text/html", "<html>Sign in to the hotel network</html>");
const busy = (status: number) => responseOf(status, "application/json", "{}");

export class Network {
  constructor(
    private readonly world: World,
    private readonly provider: Provider,
  ) {}

  /** The `fetch` of one client. */
  of(owner: Actor): typeof fetch {
    return (url, init) =>
      new Promise((resolve, reject) => {
        const path = (url as string).slice(ISSUER.length);
        new Request(this.world, this.provider, owner, path, init ?? {}, { resolve, reject }).send();
      });
  }
}

interface Promised {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

class Request {
  readonly #number: number;
  readonly #form: URLSearchParams;
  readonly #isOfTokens: boolean;
  #isOver = false;

  constructor(
    private readonly world: World,
    private readonly provider: Provider,
    private readonly owner: Actor,
    private readonly path: string,
    private readonly init: RequestInit,
    private readonly promised: Promised,
  ) {
    this.#number = world.next();
    this.#form = init.body instanceof URLSearchParams ? init.body : new URLSearchParams();
    this.#isOfTokens = path === "/token";
  }

  send(): void {
    this.#tellSent();
    this.init.signal?.addEventListener("abort", () => this.#giveUp(), { once: true });
    const fate = this.#fate();
    const sentAt = this.world.time;
    if (fate === "never arrives") return this.world.post(this.owner, () => this.#lose());
    if (fate === "hangs before") return;
    if (fate === "refused") return this.#answer(busy(this.world.choices.of(STATUSES)), "trouble");
    if (fate === "foreign") return this.#answer(page(this.world.choices.of([200, 400, 502])), "trouble");
    const arrive = () => {
      if (this.world.time - sentAt > LONGEST_WAY_MS) return this.world.post(this.owner, () => this.#lose());
      this.#arrive(fate);
    };
    // What is only read is the same whenever it arrives.
    if (this.init.method !== "POST" && fate === "works")
      return this.world.post(this.owner, () => this.#deliver(this.#act()));
    if (fate === "is slow before") this.#later(arrive);
    else this.world.post(undefined, arrive);
  }

  #arrive(fate: Fate): void {
    const answer = this.#act();
    if (fate === "hangs after") return;
    if (fate === "answer is lost") return this.world.post(this.owner, () => this.#lose());
    if (fate === "busy after") return this.#answer(busy(503), "trouble");
    const deliver = () => this.world.post(this.owner, () => this.#deliver(answer));
    if (fate === "is slow after") this.#later(deliver);
    else deliver();
  }

  /** Others get much done meanwhile. */
  #later(run: () => void): void {
    const { world } = this;
    world.after(undefined, world.choices.of(SLOW_MS), run);
  }

  #act(): Answer {
    if (this.#isOfTokens) return this.provider.token(this.#number, this.#form);
    if (this.path === "/revoke") return this.provider.revoke(this.#form);
    return this.path === "/keys" ? this.provider.keys() : this.provider.metadata();
  }

  #fate(): Fate {
    const { choices, plan, isFaulty } = this.world;
    if (!isFaulty || !choices.chance(plan.networkFaults)) return "works";
    return NAMES[choices.weighted(WEIGHTS)] ?? "works";
  }

  #tellSent(): void {
    if (!this.#isOfTokens) return;
    const [refresh, code] = [this.#form.get("refresh_token"), this.#form.get("code")];
    const what = { ...(refresh !== null && { refresh }), ...(code !== null && { login: Number(code.slice(4)) }) };
    this.world.tell({ what: "sent", client: this.owner.name, request: this.#number, ...what });
  }

  #deliver({ status, body }: Answer): void {
    const said = status < 400 ? "tokens" : ((body.error as string | undefined) ?? "trouble");
    this.#give(responseOf(status, "application/json", JSON.stringify(body)), said);
  }

  #answer(response: Response, said: string): void {
    this.world.post(this.owner, () => this.#give(response, said));
  }

  #give(response: Response, said: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOfTokens)
      this.world.tell({ what: "answered", client: this.owner.name, request: this.#number, answer: said });
    this.promised.resolve(response);
  }

  #lose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOfTokens) this.world.tell({ what: "lost", client: this.owner.name, request: this.#number });
    this.promised.reject(new TypeError("fetch failed"));
  }

  #giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOfTokens) this.world.tell({ what: "givenUp", client: this.owner.name, request: this.#number });
    this.promised.reject(new DOMException("aborted", "AbortError"));
  }
}
