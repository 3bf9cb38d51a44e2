/** The fake provider as one object: what tests hold in their hands. */
import type { IncomingMessage } from "node:http";
import { defaultSettings, endpointPaths, errorAnswer, type ProviderContext } from "./context.js";
import { ENDPOINTS } from "./endpoints.js";
import { runHooks } from "./exchange.js";
import { HookRegister } from "./hooks.js";
import { KeyRing } from "./keys.js";
import { Ledger } from "./ledger.js";
import { noteRequest, SecretVault } from "./secrets.js";
import { allowCors, LoopbackListener, type ReceivedRequest, writeAnswer } from "./server.js";
import { ProviderState } from "./state.js";
import type {
  Answer,
  Claims,
  EndpointName,
  FakeProviderOptions,
  FakeProviderSettings,
  Hook,
  PublishedKey,
  RecordedRequest,
  SignOptions,
} from "./types.js";
import { type Visit, visit } from "./visit.js";

/** What `authorize()` gives. */
export interface AuthorizeResult extends Visit {
  /** The redirect URI with the response; undefined where the provider showed a page instead. */
  readonly callbackUrl: string | undefined;
}

/** Pages are read by people, not by scripts of other origins. */
const WITHOUT_CORS: readonly EndpointName[] = ["authorize", "end_session", "verification"];

/** A running fake provider. `startFakeProvider` makes it. */
export class FakeProvider {
  /** May be changed at any time. */
  readonly settings: FakeProviderSettings;
  /** Merged over the metadata that discovery answers; `undefined` takes a field away. Edit it freely. */
  readonly metadata: Record<string, unknown> = {};
  readonly ledger = new Ledger();
  readonly #vault: SecretVault;
  readonly #state = new ProviderState();
  readonly #keys = new KeyRing();
  readonly #hooks = new HookRegister();
  readonly #paths = endpointPaths();
  readonly #listener: LoopbackListener;
  readonly #issuerPath: string;
  readonly #host: string;
  readonly #context: ProviderContext;

  constructor(options: FakeProviderOptions) {
    const { issuerPath = "/identity", host = "127.0.0.1", port = 0, tls, ...settings } = options;
    this.#vault = new SecretVault();
    this.settings = { ...defaultSettings(this.#vault), ...settings };
    for (const secret of Object.values(this.settings.clientSecrets)) this.#vault.note(secret);
    this.#issuerPath = issuerPath;
    this.#host = host;
    this.#listener = new LoopbackListener(port, tls, (request) => this.#handle(request));
    this.#context = {
      settings: this.settings,
      keys: this.#keys,
      state: this.#state,
      vault: this.#vault,
      metadata: this.metadata,
      issuer: () => this.issuer,
      url: (endpoint) => this.url(endpoint),
    };
  }

  /** `http://127.0.0.1:PORT` */
  get origin(): string {
    return `${this.#listener.secure ? "https" : "http"}://${this.#host}:${this.#listener.port}`;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The issuer identifier, exactly as the metadata spells it. */
  get issuer(): string {
    return this.origin + this.#issuerPath;
  }

  /** The address of an endpoint, as the default metadata names it. */
  url(endpoint: EndpointName): string {
    const base = this.issuer.replace(/\/$/, "");
    return endpoint === "unknown" ? `${base}/unknown` : base + this.#paths[endpoint];
  }

  /** What the JWKS endpoint answers. Edit it, or set `jwks.keys`. */
  get jwks(): { keys: PublishedKey[] } {
    return this.#keys.jwks;
  }

  /** Every request, oldest first. */
  get requests(): readonly RecordedRequest[] {
    return this.ledger.requests;
  }

  /** What hooks threw. `close()` rejects with it unless the test has emptied the list. */
  get hookErrors(): unknown[] {
    return this.#hooks.errors;
  }

  /** Adds a hook; the newest runs first, and its `next()` is the one before it. Returns what removes it. */
  on(endpoint: EndpointName, hook: Hook): () => void {
    return this.#hooks.add(endpoint, hook, false);
  }

  /** Adds a hook for one request. Several of them serve one request each, in the order in which they were given. */
  once(endpoint: EndpointName, hook: Hook): () => void {
    return this.#hooks.add(endpoint, hook, true);
  }

  /** Removes all hooks, metadata edits and token edits. Keys, sessions, requests and secrets stay. */
  reset(): void {
    this.#hooks.clear();
    for (const name of Object.keys(this.metadata)) delete this.metadata[name];
    const { editIdToken, editAccessToken, idTokenSigning, accessTokenSigning } = defaultSettings(this.#vault);
    Object.assign(this.settings, { editIdToken, editAccessToken, idTokenSigning, accessTokenSigning });
  }

  /** Signs claims with the provider's key, or as wrongly as the options ask. The claims are taken as they are. */
  async signJwt(claims: Claims, options: SignOptions = {}): Promise<string> {
    return this.#vault.note(await this.#keys.sign(claims, this.settings.alg, options));
  }

  /** A new signing key; `keep` [1] of the published keys stay in the JWKS. */
  rotateKeys(options: { readonly keep?: number } = {}): Promise<void> {
    return this.#keys.rotate(this.settings.alg, options.keep ?? 1);
  }

  /** The person approves a device code: the one with this user code, or the newest. */
  approveDevice(userCode?: string): void {
    this.#state.device(userCode).status = "approved";
  }

  /** The person denies it. */
  denyDevice(userCode?: string): void {
    this.#state.device(userCode).status = "denied";
  }

  /** The provider lets it expire early. */
  expireDevice(userCode?: string): void {
    this.#state.device(userCode).status = "expired";
  }

  /** Whether the session of this refresh token is alive; without one, the newest session. False where there is none. */
  sessionAlive(refreshToken?: string): boolean {
    if (refreshToken === undefined) return this.#state.sessions.at(-1)?.alive ?? false;
    return this.#state.refreshTokens.get(refreshToken)?.session.alive ?? false;
  }

  /** Ends the session of this refresh token, or all sessions, as an administrator would. */
  killSession(refreshToken?: string): void {
    const one = refreshToken === undefined ? undefined : this.#state.refreshTokens.get(refreshToken)?.session;
    for (const session of this.#state.sessions) {
      if (refreshToken === undefined || session === one) this.#state.kill(session);
    }
  }

  /** Every secret that was issued or received: codes, states, nonces, verifiers, tokens, device codes, client secrets. */
  secrets(): string[] {
    return this.#vault.all();
  }

  /** The person of a login: opens the authorization URL and, with `follow` [true], the redirect URI that it leads to. */
  async authorize(url: string | URL, options: { readonly follow?: boolean } = {}): Promise<AuthorizeResult> {
    const answer = await visit(url, { follow: false });
    const { location } = answer.headers;
    if (location === undefined) return { ...answer, callbackUrl: undefined };
    const callbackUrl = new URL(location, answer.finalUrl).href;
    return { ...(options.follow === false ? answer : await visit(callbackUrl)), callbackUrl };
  }

  /** Refuses connections until `up()`. */
  down(): Promise<void> {
    return this.#listener.down();
  }

  /** Listens again, on the same port. */
  up(): Promise<void> {
    return this.#listener.up();
  }

  /** Destroys all sockets. Rejects when a hook threw, so that no failed expectation inside a hook is lost. */
  async close(): Promise<void> {
    await this.#listener.down();
    const errors = this.hookErrors.splice(0);
    if (errors.length > 0) throw new AggregateError(errors, `a hook of the fake provider threw: ${String(errors[0])}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Makes the first key and listens. */
  async start(): Promise<void> {
    await this.#keys.current(this.settings.alg);
    await this.#listener.up();
  }

  async #handle({ message, body, response, clientGone }: ReceivedRequest): Promise<void> {
    const request = this.#record(message, body);
    if (this.settings.cors && !WITHOUT_CORS.includes(request.endpoint)) allowCors(message, response);
    if (request.method === "OPTIONS") return writeAnswer(response, { status: 204 });
    const answer = await runHooks(this.#hooks.claim(request.endpoint), request, clientGone, async () =>
      ENDPOINTS[request.endpoint](request, this.#context),
    ).catch((error: unknown): Answer => {
      this.hookErrors.push(error);
      return errorAnswer("server_error", "a hook threw", 500);
    });
    if ("status" in answer) request.status = answer.status;
    writeAnswer(response, answer);
  }

  #record(message: IncomingMessage, body: string): RecordedRequest {
    const url = new URL(message.url ?? "/", this.origin);
    const isForm = (message.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
    const request: RecordedRequest = {
      endpoint: this.#endpointAt(url.pathname),
      method: message.method ?? "",
      url: message.url ?? "/",
      query: url.searchParams,
      form: new URLSearchParams(isForm ? body : ""),
      body,
      headers: message.headers,
      time: this.settings.now(),
    };
    noteRequest(this.#vault, [request.query, request.form], message.headers.authorization);
    this.ledger.record(request);
    return request;
  }

  #endpointAt(path: string): EndpointName {
    const names = Object.keys(this.#paths) as Exclude<EndpointName, "unknown">[];
    return names.find((name) => new URL(this.url(name)).pathname === path) ?? "unknown";
  }
}
