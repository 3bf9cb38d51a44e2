/**
 * The provider's metadata and keys: fetched once for all who ask, kept for a while, and never kept when they failed.
 * The engine library's own key cache refuses a key rotation within 60 s of a fetch, so the cache is ours.
 */
import type { ClientConfig } from "../options/config.js";
import { DiscoveryError, isKeystoneAuthError } from "../errors.js";
import type { Clock } from "../ports.js";
import type { Fetch } from "./fetch.js";
import { checkMetadata, discoveryUrl, readJsonObject, requireEndpoint, type ServerMetadata } from "./metadata.js";
import type { Jwk } from "./jws.js";

/** Providers change endpoints and retire keys rarely; an hour bounds how long a retired key is still believed. */
const LIFETIME_MS = 3_600_000;
/** A token with an unknown key makes us ask again at once, but junk must not make us hammer the provider. */
const REFETCHES = 5;
const REFETCHES_PER_MS = 60_000;

/** What can be carried over a page load, so that a redirect login need not ask twice. */
export interface ProviderSnapshot {
  readonly metadata: ServerMetadata;
  readonly metadataAt: number;
  readonly keys?: readonly Jwk[];
  readonly keysAt?: number;
}

interface Held<T> {
  readonly value: T;
  readonly at: number;
}

/** One value: single flight, a lifetime, and no memory of failures. */
class Cached<T> {
  #held: Held<T> | undefined;
  #running: Promise<T> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly load: () => Promise<T>,
  ) {}

  get held(): Held<T> | undefined {
    const age = this.#held ? this.clock.now() - this.#held.at : 0;
    // A clock that went back makes the age unknown.
    return age < 0 || age >= LIFETIME_MS ? undefined : this.#held;
  }

  seed(value: T, at: number): void {
    this.#held ??= { value, at };
  }

  get(): Promise<T> {
    const held = this.held;
    return held ? Promise.resolve(held.value) : this.renew();
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

export class Provider {
  readonly #metadata: Cached<ServerMetadata>;
  readonly #keys: Cached<readonly Jwk[]>;
  #refetches: number[] = [];

  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly fetch: Fetch,
  ) {
    this.#metadata = new Cached(clock, () => this.#loadMetadata());
    this.#keys = new Cached(clock, () => this.#loadKeys());
  }

  metadata(): Promise<ServerMetadata> {
    return this.#metadata.get();
  }

  keys(): Promise<readonly Jwk[]> {
    return this.#keys.get();
  }

  /** Keys that were asked for just now: a token names a key that is not among the known ones. */
  async freshKeys(): Promise<readonly Jwk[]> {
    const now = this.clock.monotonic();
    this.#refetches = this.#refetches.filter((at) => now - at < REFETCHES_PER_MS);
    if (this.#refetches.length >= REFETCHES) return this.keys();
    this.#refetches.push(now);
    return this.#keys.renew();
  }

  /** Gets everything that a one-time token's answer will need, before it is sent. */
  async prepare(): Promise<ServerMetadata> {
    const metadata = await this.metadata();
    // A login brings an ID Token; a program that signs in as itself may do without keys.
    if (metadata.jwks_uri !== undefined || this.config.scopes.includes("openid")) await this.keys();
    return metadata;
  }

  /** Asks for the metadata anew: true when the provider itself answers, so that no captive portal stands between. */
  async isReachable(): Promise<boolean> {
    try {
      await this.#loadMetadata();
      return true;
    } catch (error) {
      if (isKeystoneAuthError(error)) return false;
      throw error;
    }
  }

  snapshot(): ProviderSnapshot | undefined {
    const [metadata, keys] = [this.#metadata.held, this.#keys.held];
    if (metadata === undefined) return undefined;
    return { metadata: metadata.value, metadataAt: metadata.at, ...(keys && { keys: keys.value, keysAt: keys.at }) };
  }

  /** Takes a snapshot back; it is checked as if it had just arrived, since it comes from a store. */
  restore(snapshot: ProviderSnapshot): void {
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

  async #loadMetadata(): Promise<ServerMetadata> {
    const what = "The provider's metadata";
    const response = await this.fetch(what)(discoveryUrl(this.config.issuer), {
      headers: { accept: "application/json" },
    });
    return checkMetadata(await readJsonObject(what, response), this.config);
  }

  async #loadKeys(): Promise<readonly Jwk[]> {
    const what = "The provider's key set";
    const uri = requireEndpoint(await this.metadata(), "jwks_uri");
    const response = await this.fetch(what)(uri, { headers: { accept: "application/json, application/jwk-set+json" } });
    const { keys } = await readJsonObject(what, response);
    if (!Array.isArray(keys))
      throw new DiscoveryError("The provider's key set holds no list of keys (RFC 7517 §5). Tell its operator.");
    return keys.filter(isJwk);
  }
}

function isJwk(key: unknown): key is Jwk {
  return typeof key === "object" && key !== null && typeof (key as Partial<Jwk>).kty === "string";
}
