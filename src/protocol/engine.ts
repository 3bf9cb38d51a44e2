/** The protocol as the rest of the library uses it: loaded when a call needs the network, never before. */
import type { ClientConfig } from "../options/config.js";
import { loadPart } from "../load-part.js";
import type { Clock } from "../ports.js";
import type { TokenResponse, SessionRecord } from "../token-set.js";
import type { Transaction } from "./transaction.js";
import { createAuthorizationRequest } from "./authorization.js";
import { createBoundedFetch } from "./fetch.js";
import { exchangeCode, type GrantTools, refreshSession } from "./token-endpoint.js";
import { requireEndpoint } from "./metadata.js";
import { Provider, type ProviderSnapshot } from "./authorization-server.js";

export type { ProviderSnapshot } from "./authorization-server.js";

export class ProtocolEngine {
  /** For the parts of the protocol that are loaded by whoever needs them. */
  readonly tools: GrantTools;

  /** `networkHint` ends the message of a request that never got an answer. */
  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    networkHint?: string,
  ) {
    const fetch = createBoundedFetch(config, clock, networkHint);
    this.tools = { config, clock, fetch, provider: new Provider(config, clock, fetch) };
  }

  /** Gets metadata and keys, so that nothing else is missing once a one-time token has been sent. */
  async prepare(): Promise<void> {
    await this.tools.provider.prepare();
  }

  /** Metadata is known and has what a browser login needs. */
  async prepareLogin(): Promise<void> {
    requireEndpoint(await this.tools.provider.metadata(), "authorization_endpoint");
  }

  /** Whether the provider itself answers: asked where a refusal may have been a captive portal's. */
  isReachable(): Promise<boolean> {
    return this.tools.provider.isReachable();
  }

  snapshot(): ProviderSnapshot | undefined {
    return this.tools.provider.snapshot();
  }

  restore(snapshot: ProviderSnapshot): void {
    this.tools.provider.restore(snapshot);
  }

  async authorizationRequest(
    redirectUri: string,
    options: { silent?: boolean; signal?: AbortSignal } = {},
  ): Promise<{ url: string; transaction: Transaction }> {
    const metadata = await this.tools.provider.metadata();
    const details = { redirectUri, silent: options.silent ?? false, now: this.clock.now() };
    return await createAuthorizationRequest(metadata, this.config, details, this.tools.fetch, options.signal);
  }

  exchangeCode(parameters: URLSearchParams, transaction: Transaction): Promise<TokenResponse> {
    return exchangeCode(this.tools, parameters, transaction);
  }

  refresh(record: SessionRecord, refreshToken: string): Promise<TokenResponse> {
    return refreshSession(this.tools, record, refreshToken);
  }

  async clientCredentials(): Promise<TokenResponse> {
    // A page never needs it.
    const { clientCredentials } = await loadPart(() => import("./client-credentials.js"));
    return await clientCredentials(this.tools);
  }
}
