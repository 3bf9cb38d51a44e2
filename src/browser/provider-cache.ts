/** The authorization server's metadata and keys, kept from page to page: a later login asks for neither. */
import { systemClock } from "../clock.js";
import type { ClientSettings } from "../options/config.js";
import type { RecordStore } from "../ports.js";
import type { AuthorizationServer, ServerSnapshot } from "../protocol/authorization-server.js";
import { beforeDeadline } from "../settle.js";
import { digest } from "./digest.js";

const isSnapshot = (value: unknown): value is ServerSnapshot =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as ServerSnapshot).metadata === "object" &&
  typeof (value as ServerSnapshot).metadataAt === "number";

/** A saving must not cost more than the request that it saves. */
const LONGEST_MS = 1000;
const briefly = <T>(call: () => Promise<T>): Promise<T> =>
  beforeDeadline(systemClock, LONGEST_MS, () => new Error("late"), call);

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
      const key = await this.#key();
      const snapshot = await briefly(() => this.notes.read(key));
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
      const key = await this.#key();
      await briefly(() => this.notes.update(key, () => ({ value: snapshot })));
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
