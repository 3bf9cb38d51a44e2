/** What is known of the provider, carried from page to page: a warm login asks for neither metadata nor keys. */
import type { KeyValueStore } from "../ports.js";
import type { AuthorizationServer, ServerSnapshot } from "../protocol/authorization-server.js";

const isSnapshot = (value: unknown): value is ServerSnapshot =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as ServerSnapshot).metadata === "object" &&
  typeof (value as ServerSnapshot).metadataAt === "number";

export class WarmProvider {
  #kept = "";

  constructor(
    private readonly key: () => Promise<string>,
    private readonly notes: KeyValueStore,
  ) {}

  /** Restores what an earlier page knew, if that is not too old. Never rejects: it is a saving, no need. */
  async warm(server: AuthorizationServer): Promise<void> {
    try {
      const snapshot = await this.notes.get(await this.key());
      if (!isSnapshot(snapshot)) return;
      server.restore(snapshot);
      this.#kept = markOf(snapshot);
    } catch {
      // The provider is asked again.
    }
  }

  /** Keeps what is known by now, where that is news. Never rejects. */
  async keep(server: AuthorizationServer): Promise<void> {
    const snapshot = server.snapshot();
    if (snapshot === undefined || markOf(snapshot) === this.#kept) return;
    try {
      await this.notes.set(await this.key(), snapshot);
      this.#kept = markOf(snapshot);
    } catch {
      // The next page asks again.
    }
  }
}

const markOf = ({ metadataAt, keysAt }: ServerSnapshot) => `${metadataAt} ${keysAt}`;
