/**
 * An authorization server as its client knows it: metadata and keys, fetched once for all who ask and kept for a while,
 * and the requests that the client makes as itself. The one object that the functions of the protocol take.
 */
import { allowInsecureRequests, type Client, type ClientAuth, customFetch } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { DiscoveryError, isKeystoneAuthError } from "../errors.js";
import type { Clock } from "../ports.js";
import { type ClientAuthentication, publicClient, sendAuthenticated } from "./client-authentication.js";
import { createBoundedFetch, type Fetch, retryAfterSeconds } from "./fetch.js";
import type { Jwk, KeySet, Members } from "./jws.js";
import {
  checkMetadata,
  discoveryUrl,
  type Endpoint,
  readJsonObject,
  requireEndpoint,
  type ServerMetadata,
} from "./metadata.js";
import { type Exchange, readAnswer } from "./protocol-errors.js";

/** Providers change endpoints and retire keys rarely; an hour bounds how long a retired key is still believed. */
const LIFETIME_MS = 3_600_000;
/** While the document cannot be had, the known one serves for longer; whoever blocks its address gains no more than that. */
const LIFETIME_IN_TROUBLE_MS = 86_400_000;
/** So long is a document that could not be had not asked for again while the known one serves: asking may take long. */
const RETRY_MS = 60_000;
/** A token with an unknown key makes us ask again at once, but junk must not make us hammer the server. */
const REFETCHES = 5;
const REFETCHES_PER_MS = 60_000;

/** What can be carried over a page load, so that a redirect login need not ask twice. */
export interface ServerSnapshot {
  readonly metadata: ServerMetadata;
  readonly metadataAt: number;
  readonly keys?: readonly Jwk[];
  readonly keysAt?: number;
}

interface Held<T> {
  readonly value: T;
  readonly at: number;
}

/** One document: single flight, a lifetime, and no memory of failures beside a known document. */
class Cached<T> {
  #held: Held<T> | undefined;
  #running: Promise<T> | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly load: () => Promise<T>,
  ) {}

  get held(): Held<T> | undefined {
    return this.#heldFor(LIFETIME_MS);
  }

  seed(value: T, at: number): void {
    this.#held ??= { value, at };
  }

  async get(): Promise<T> {
    if (this.held) return this.held.value;
    const known = this.#heldFor(LIFETIME_IN_TROUBLE_MS);
    if (known && this.clock.monotonic() - this.#failedAt < RETRY_MS) return known.value;
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

  #heldFor(ms: number): Held<T> | undefined {
    const age = this.#held ? this.clock.now() - this.#held.at : 0;
    // A clock that went back makes the age unknown.
    return age < 0 || age >= ms ? undefined : this.#held;
  }
}

/** One request that the client makes as itself. */
export interface ClientRequest extends Omit<Exchange, "config"> {
  readonly endpoint: Endpoint;
  readonly signal?: AbortSignal | undefined;
  /** Any 2xx will do: some servers answer 204. */
  readonly bodyIsOptional?: boolean;
  readonly send: (
    metadata: ServerMetadata,
    client: Client,
    auth: ClientAuth,
    options: { [customFetch]: never; [allowInsecureRequests]: true },
  ) => Promise<Response>;
}

export class AuthorizationServer implements KeySet {
  readonly fetch: Fetch;
  readonly #authentication: ClientAuthentication;
  readonly #metadata: Cached<ServerMetadata>;
  readonly #keys: Cached<readonly Jwk[]>;
  #refetches: number[] = [];
  #passedOverAt = Number.NEGATIVE_INFINITY;

  /** `networkHint` ends the message of a request that never got an answer; `confidential` shows who the client is. */
  constructor(
    readonly config: ClientConfig,
    readonly clock: Clock,
    options: {
      readonly networkHint?: string | undefined;
      readonly confidential?: ClientAuthentication | undefined;
    } = {},
  ) {
    this.fetch = createBoundedFetch(config, clock, options.networkHint);
    this.#authentication = options.confidential ?? publicClient;
    this.#metadata = new Cached(clock, () => this.#loadMetadata());
    this.#keys = new Cached(clock, () => this.#loadKeys());
  }

  metadata(): Promise<ServerMetadata> {
    return this.#metadata.get();
  }

  keys(): Promise<readonly Jwk[]> {
    return this.#keys.get();
  }

  /** Keys that were asked for just now: no known key verifies a token. */
  async freshKeys(): Promise<readonly Jwk[]> {
    const now = this.clock.monotonic();
    this.#refetches = this.#refetches.filter((at) => now - at < REFETCHES_PER_MS);
    if (this.#refetches.length >= REFETCHES) return await this.keys();
    this.#refetches.push(now);
    return await this.#keys.renew();
  }

  mayPassOverKid(): boolean {
    const now = this.clock.monotonic();
    if (now - this.#passedOverAt < REFETCHES_PER_MS) return false;
    this.#passedOverAt = now;
    return true;
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
  async isReachable(): Promise<boolean> {
    try {
      await this.#loadMetadata();
      return true;
    } catch (error) {
      if (isKeystoneAuthError(error)) return false;
      throw error;
    }
  }

  snapshot(): ServerSnapshot | undefined {
    const [metadata, keys] = [this.#metadata.held, this.#keys.held];
    if (metadata === undefined) return undefined;
    return { metadata: metadata.value, metadataAt: metadata.at, ...(keys && { keys: keys.value, keysAt: keys.at }) };
  }

  /** Takes a snapshot back. It is checked as if it had just arrived, since it comes from a store. */
  restore(snapshot: ServerSnapshot): void {
    const { keys, keysAt, metadataAt } = snapshot;
    if (!Number.isFinite(metadataAt)) return;
    try {
      this.#metadata.seed(checkMetadata({ ...snapshot.metadata }, this.config), metadataAt);
    } catch (error) {
      if (isKeystoneAuthError(error)) return;
      throw error;
    }
    if (Array.isArray(keys) && Number.isFinite(keysAt)) this.#keys.seed(keys.filter(isJwk), keysAt as number);
  }

  /** Sends one request as the client, and gives the members of a 2xx. Every other answer is thrown as its error. */
  async request(request: ClientRequest): Promise<Members> {
    const { config, clock } = this;
    const { endpoint, secrets, redirectUri, signal, send } = request;
    const metadata = await this.metadata();
    requireEndpoint(metadata, endpoint, config);
    const what = `The ${endpoint.replace(/_endpoint$/, "").replaceAll("_", " ")} endpoint`;
    // oauth4webapi's own check of https is off, since requireEndpoint has made ours: https, or an allowed loopback address.
    const options = { [customFetch]: this.fetch(what, signal) as never, [allowInsecureRequests]: true } as const;
    return await sendAuthenticated(this.#authentication.ways(metadata), async (auth) => {
      const response = await send(metadata, { client_id: config.clientId }, auth, options);
      if (response.ok && request.bodyIsOptional) return {};
      return await readAnswer(
        what,
        response,
        { config, secrets, redirectUri },
        retryAfterSeconds(response, clock.now()),
      );
    });
  }

  async #loadMetadata(): Promise<ServerMetadata> {
    const body = await this.#load("The provider's metadata", discoveryUrl(this.config.issuer), "application/json");
    return checkMetadata(body, this.config);
  }

  async #loadKeys(): Promise<readonly Jwk[]> {
    const uri = requireEndpoint(await this.metadata(), "jwks_uri", this.config);
    const { keys } = await this.#load("The provider's key set", uri, "application/json, application/jwk-set+json");
    if (!Array.isArray(keys))
      throw new DiscoveryError("The provider's key set holds no list of keys (RFC 7517 §5). Tell its operator.");
    return keys.filter(isJwk);
  }

  async #load(what: string, url: string, accept: string): Promise<Members> {
    return await readJsonObject(what, url, await this.fetch(what)(url, { headers: { accept } }));
  }
}

function isJwk(key: unknown): key is Jwk {
  return typeof key === "object" && key !== null && typeof (key as Partial<Jwk>).kty === "string";
}
