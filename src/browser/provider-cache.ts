/** The authorization server's metadata and keys, kept from page to page: a later login asks for neither. */
import type { ClientSettings } from "../options/config.js";
import type { RecordStore } from "../ports.js";
import type { AuthorizationServer, ServerSnapshot } from "../protocol/authorization-server.js";
import { digest } from "./digest.js";

const isSnapshot = (value: unknown): value is ServerSnapshot =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as ServerSnapshot).metadata === "object" &&
  typeof (value as ServerSnapshot).metadataAt === "number";

const markOf = ({ metadataAt, keysAt }: ServerSnapshot) => `${metadataAt} ${keysAt}`;

export class ProviderCache {
  #kept = "";

  constructor(
    private readonly config: Pick<ClientSettings, "issuer" | "discoveryUrl">,
    private readonly notes: RecordStore,
  ) {}

  /** Gives the server what an earlier page has kept, if that is not too old. Never rejects: it is a saving, no need. */
  async restore(server: AuthorizationServer): Promise<void> {
    try {
      const snapshot = await this.notes.read(await this.#key());
      if (!isSnapshot(snapshot)) return;
      server.restore(snapshot);
      this.#kept = markOf(snapshot);
    } catch {
      // The provider is asked again.
    }
  }

  /** Keeps what the server knows by now, where that is news. Never rejects. */
  async keep(server: AuthorizationServer): Promise<void> {
    const snapshot = server.snapshot();
    if (snapshot === undefined || markOf(snapshot) === this.#kept) return;
    try {
      await this.notes.update(await this.#key(), () => ({ value: snapshot }));
      this.#kept = markOf(snapshot);
    } catch {
      // The next page asks again.
    }
  }

  async #key(): Promise<string> {
    const { issuer, discoveryUrl = "" } = this.config;
    return `p-${await digest(`${issuer}${discoveryUrl && ` ${discoveryUrl}`}`)}`;
  }
}
