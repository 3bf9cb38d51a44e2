/** What is known of the provider, carried from page to page: a warm login asks for neither metadata nor keys. */
import type { KeyValueStore } from "../ports.js";
import type { ProtocolEngine, ProviderSnapshot } from "../protocol/engine.js";

const isSnapshot = (value: unknown): value is ProviderSnapshot =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as ProviderSnapshot).metadata === "object" &&
  typeof (value as ProviderSnapshot).metadataAt === "number";

export class WarmProvider {
  #kept = "";

  constructor(
    private readonly key: () => Promise<string>,
    private readonly notes: KeyValueStore,
  ) {}

  /** Gives the engine what an earlier page knew, if that is not too old. Never rejects: it is a saving, no need. */
  async warm(engine: ProtocolEngine): Promise<void> {
    try {
      const snapshot = await this.notes.get(await this.key());
      if (!isSnapshot(snapshot)) return;
      engine.restore(snapshot);
      this.#kept = markOf(snapshot);
    } catch {
      // The provider is asked again.
    }
  }

  /** Keeps what the engine knows by now, where that is news. Never rejects. */
  async keep(engine: ProtocolEngine): Promise<void> {
    const snapshot = engine.snapshot();
    if (snapshot === undefined || markOf(snapshot) === this.#kept) return;
    try {
      await this.notes.set(await this.key(), snapshot);
      this.#kept = markOf(snapshot);
    } catch {
      // The next page asks again.
    }
  }
}

const markOf = ({ metadataAt, keysAt }: ProviderSnapshot) => `${metadataAt} ${keysAt}`;
