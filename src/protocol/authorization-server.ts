/**
 * An authorization server as its client knows it: metadata and keys, fetched once for all who ask and kept for a while,
 * and the requests that the client makes as itself. The one object that the functions of the protocol take.
 */
import { type ClientAuth, None } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { DiscoveryError } from "../errors.js";
import type { Clock } from "../ports.js";
import { createBoundedFetch, type Fetch, type NetworkHint } from "./fetch.js";
import { type Jwk, type KeySet, type Members, membersOf } from "./jws.js";
import {
  checkMetadata,
  discoveryUrl,
  type Endpoint,
  isSameIssuer,
  readJsonObject,
  requireEndpoint,
  type ServerMetadata,
} from "./metadata.js";
import { readAnswer } from "./protocol-errors.js";

/** Providers change endpoints and retire keys rarely; an hour bounds how long a retired key is still believed. */
const LIFETIME_MS = 3_600_000;
/** While the document cannot be had, the known one serves for longer; whoever blocks its address gains no more than that. */
const LIFETIME_IN_TROUBLE_MS = 86_400_000;
/** So long is a document that could not be had not asked for again while the known one serves: asking may take long. */
const RETRY_MS = 60_000;
/** A token with an unknown key makes us ask again at once, but junk so many times a minute at most. */
const REFETCHES = 5;

// A fetch of the program's own may not name the type of a form by itself.
const FORM = { accept: "application/json", "content-type": "application/x-www-form-urlencoded;charset=UTF-8" };

/** What can be carried over a page load, so that a redirect login need not ask twice. */
export interface ServerSnapshot {
  readonly metadata: ServerMetadata;
  readonly metadataAt: number;
  readonly keys?: readonly Jwk[];
  readonly keysAt?: number;
}

/** One document: single flight, a lifetime, and no memory of failures beside a known document. */
class Cached<T> {
  #held: { readonly value: T; readonly at: number } | undefined;
  #running: Promise<T> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly load: () => Promise<T>,
  ) {}

  /** What was loaded less than so long ago. A clock that went back makes the age unknown. */
  heldFor(ms: number) {
    const age = this.clock.now() - (this.#held?.at ?? 0);
    return age < 0 || age >= ms ? undefined : this.#held;
  }

  seed(value: T, at: number): void {
    this.#held ??= { value, at };
  }

  async get(): Promise<T> {
    const known = this.heldFor(LIFETIME_IN_TROUBLE_MS);
    const isOfUse = this.heldFor(LIFETIME_MS) !== undefined || this.clock.monotonic() - this.#failedAt < RETRY_MS;
    if (known && isOfUse) return known.value;
    try {
      return await this.renew();
    } catch (error) {
      if (known === undefined) throw error;
      this.#failedAt = this.clock.monotonic();
      return known.value;
    }
  }

  /** Loads anew, joining a load that runs. */
  renew(): Promise<T> {
    this.#running ??= this.load()
      .then((value) => {
        this.#held = { value, at: this.clock.now() };
        return value;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }
}

/** Allows something so many times a minute. */
class Allowance {
  #used: number[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly most: number,
  ) {}

  take(): boolean {
    const now = this.clock.monotonic();
    this.#used = this.#used.filter((at) => now - at < 60_000);
    return this.#used.length < this.most && this.#used.push(now) > 0;
  }
}

/** How the client shows who it is (RFC 6749 §2.3): makes one attempt after the other until one is not refused. */
export interface ClientAuthentication {
  send<T>(metadata: ServerMetadata, attempt: (auth: ClientAuth) => Promise<T>): Promise<T>;
}

/** By its id alone. */
const publicClient: ClientAuthentication = { send: (_metadata, attempt) => attempt(None()) };

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Any 2xx will do: some servers answer 204. */
  readonly bodyIsOptional?: boolean;
  /** What else the request is: with `keepalive` a page that is left does not end it. */
  readonly init?: RequestInit;
  /** Called in the very step that sends; what it throws keeps the request back. */
  readonly mustSend?: (() => void) | undefined;
}

/** What a form carries that no message may repeat. */
const SECRETS = ["code", "code_verifier", "device_code", "nonce", "refresh_token", "state", "token"];

export class AuthorizationServer implements KeySet {
  readonly fetch: Fetch;
  readonly #authentication: ClientAuthentication;
  readonly #metadata: Cached<ServerMetadata>;
  readonly #keys: Cached<readonly Jwk[]>;
  readonly #refetches: Allowance;
  readonly #passings: Allowance;

  /** `networkHint` says what to do about a request that never got an answer; `confidential` shows who the client is. */
  constructor(
    readonly config: ClientConfig,
    readonly clock: Clock,
    options: { networkHint?: NetworkHint | undefined; confidential?: ClientAuthentication | undefined } = {},
  ) {
    this.fetch = createBoundedFetch(config, clock, options.networkHint);
    this.#authentication = options.confidential ?? publicClient;
    this.#metadata = new Cached(clock, () => this.#loadMetadata());
    this.#keys = new Cached(clock, () => this.#loadKeys());
    this.#refetches = new Allowance(clock, REFETCHES);
    this.#passings = new Allowance(clock, 1);
  }

  metadata(): Promise<ServerMetadata> {
    return this.#metadata.get();
  }

  keys(): Promise<readonly Jwk[]> {
    return this.#keys.get();
  }

  /** Keys that were asked for just now: no known key verifies a token. */
  freshKeys(): Promise<readonly Jwk[]> {
    return this.#refetches.take() ? this.#keys.renew() : this.keys();
  }

  mayPassOverKid(): boolean {
    return this.#passings.take();
  }

  /** Gets everything that a one-time token's answer will need, before the token is sent. */
  async prepare(): Promise<ServerMetadata> {
    const metadata = await this.metadata();
    const { scopes, audiences } = this.config;
    // A login brings an ID Token; a program that signs in as itself may do without keys.
    if (scopes.includes("openid") || audiences.length > 0) await this.keys();
    return metadata;
  }

  /** Gets what a login in a click would have to wait for, and checks it. */
  async prepareLogin(): Promise<void> {
    requireEndpoint(await this.metadata(), "authorization_endpoint", this.config);
  }

  /** Asks for the metadata anew: true where the server itself answers, so that no captive portal stands between. */
  isReachable(): Promise<boolean> {
    return this.#loadMetadata().then(
      () => true,
      () => false,
    );
  }

  snapshot(): ServerSnapshot | undefined {
    const [metadata, keys] = [this.#metadata.heldFor(LIFETIME_MS), this.#keys.heldFor(LIFETIME_MS)];
    if (metadata === undefined) return undefined;
    return { metadata: metadata.value, metadataAt: metadata.at, ...(keys && { keys: keys.value, keysAt: keys.at }) };
  }

  /** Takes a snapshot back. It is checked as if it had just arrived, since it comes from a store. */
  restore(snapshot: ServerSnapshot): void {
    const { metadataAt, keysAt } = snapshot;
    const [metadata, keys] = [membersOf(snapshot.metadata), keysOf(snapshot.keys)];
    if (!Number.isFinite(metadataAt) || !isSameIssuer(metadata?.issuer, this.config.issuer)) return;
    this.#metadata.seed(metadata as unknown as ServerMetadata, metadataAt);
    if (keys && keysAt !== undefined && Number.isFinite(keysAt)) this.#keys.seed(keys, keysAt);
  }

  /** Sends one request as the client, and gives the members of a 2xx. Every other answer is thrown as its error. */
  async request(
    endpoint: Endpoint,
    form: URLSearchParams,
    { signal, bodyIsOptional, init, mustSend }: RequestOptions = {},
  ): Promise<Members> {
    const { config } = this;
    const metadata = await this.metadata();
    const url = requireEndpoint(metadata, endpoint, config);
    const what = `The ${endpoint.replace(/_endpoint$/, "").replaceAll("_", " ")} endpoint`;
    const send = this.fetch(what, signal);
    const secrets = SECRETS.flatMap((name) => form.getAll(name));
    const exchange = { config, secrets, redirectUri: form.get("redirect_uri") ?? undefined };
    return await this.#authentication.send(metadata, async (authenticate) => {
      const body = new URLSearchParams(form);
      const headers = new Headers(FORM);
      await authenticate(metadata, { client_id: config.clientId }, body, headers);
      mustSend?.();
      const answer = await send(url, { method: "POST", body, headers: Object.fromEntries(headers), ...init });
      return answer.ok && bodyIsOptional ? {} : readAnswer(what, answer, exchange);
    });
  }

  async #loadMetadata(): Promise<ServerMetadata> {
    const body = await this.#load("The provider's metadata", discoveryUrl(this.config), "application/json");
    return checkMetadata(body, this.config);
  }

  async #loadKeys(): Promise<readonly Jwk[]> {
    const url = requireEndpoint(await this.metadata(), "jwks_uri", this.config);
    const body = await this.#load("The provider's key set", url, "application/json, application/jwk-set+json");
    const keys = keysOf(body.keys);
    if (keys) return keys;
    throw new DiscoveryError(
      "The provider's key set holds no list of keys (RFC 7517 §5). Tell the provider's operator.",
    );
  }

  async #load(what: string, url: string, accept: string): Promise<Members> {
    return readJsonObject(what, url, await this.fetch(what)(url, { headers: { accept } }));
  }
}

/** What is a key in a list of keys; `undefined` where there is no list. */
function keysOf(keys: unknown): readonly Jwk[] | undefined {
  const isJwk = (key: Members | undefined): key is Jwk => typeof key?.kty === "string";
  return Array.isArray(keys) ? keys.map(membersOf).filter(isJwk) : undefined;
}
