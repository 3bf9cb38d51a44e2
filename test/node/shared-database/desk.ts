/** A desk with a provider, a shared database, our clients and their neighbours. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { OidcClientOptions } from "../../../src/node/index.js";
import { OidcClient } from "../../../src/node/index.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../../support/fake-provider.js";
import { useScratchDirectories } from "../../support/scratch.js";
import { accessTokenOf, type SessionRecord } from "../../../src/token-set.js";
import { type Neighbour, type RowTexts, startNeighbour } from "./neighbour.js";

export const CLIENT = "prizm";

export class Desk {
  readonly #clients: OidcClient[] = [];
  /** How often a person was asked. */
  logins = 0;

  constructor(
    readonly provider: FakeProvider,
    readonly directory: string,
  ) {}

  get database(): string {
    return join(this.directory, "shared", "auth.db");
  }

  get hasDatabase(): boolean {
    return existsSync(this.database);
  }

  /** What asks for the session. */
  get wanted(): OidcClientOptions {
    return {
      clientId: CLIENT,
      issuer: this.provider.issuer,
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      allowInsecureLoopback: true,
    };
  }

  options(more: Partial<OidcClientOptions> = {}): OidcClientOptions {
    return {
      ...this.wanted,
      storage: "shared-database",
      sharedDatabase: this.database,
      storageDirectory: join(this.directory, "tokens"),
      ...more,
    };
  }

  /** A client that signs in at once where a person is needed. */
  client(more: Partial<OidcClientOptions> = {}): OidcClient {
    return this.clientOf(this.options(more));
  }

  /** The tokens of a login that somebody else has made: what a neighbour writes into the row. */
  async tokensOf(subject = "alice", more: Partial<OidcClientOptions> = {}): Promise<RowTexts> {
    this.provider.settings.subject = subject;
    const records = new Map<string, unknown>();
    const storage = {
      get: async (key: string) => records.get(key),
      set: async (key: string, value: unknown) => void records.set(key, value),
      delete: async (key: string) => void records.delete(key),
    };
    const client = this.clientOf({ ...this.wanted, storage, storageDirectory: join(this.directory, "else"), ...more });
    await client.getAccessToken();
    const [record] = [...records.values()] as SessionRecord[];
    return [record?.idToken ?? null, accessTokenOf(record)?.token ?? null, record?.refreshToken ?? null];
  }

  clientOf(options: OidcClientOptions): OidcClient {
    const openBrowser = (url: string) => {
      this.logins += 1;
      void this.provider.authorize(url);
    };
    const client = new OidcClient({ openBrowser, logger: {}, ...options });
    this.#clients.push(client);
    return client;
  }

  neighbour(isPython?: boolean): Promise<Neighbour> {
    mkdirSync(dirname(this.database), { recursive: true });
    return startNeighbour(this.database, CLIENT, this.provider.url("token"), isPython);
  }

  async end(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.provider.close();
  }
}

/** Gives what sets a desk; it is cleared after the test. */
export function useDesk(): (options?: FakeProviderOptions) => Promise<Desk> {
  const scratch = useScratchDirectories();
  const desks: Desk[] = [];
  beforeEach(() => void (desks.length = 0));
  afterEach(async () => {
    for (const desk of desks) await desk.end();
  });
  return async (options) => {
    const desk = new Desk(await startFakeProvider(options), scratch());
    desks.push(desk);
    return desk;
  };
}
