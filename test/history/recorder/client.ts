/** Real clients of one thread, whose calls, requests and files are noted. */
import { AsyncLocalStorage } from "node:async_hooks";
import { OidcClient, type OidcClientOptions } from "../../../src/node/index.js";
import { recordCalls } from "./calls.js";
import { recordFetch } from "./fetch.js";
import { watchFiles } from "./files.js";
import type { NoteFile } from "./note-files.js";

const TRUST_MS = 1000;

/** What these tests give each client, and the limits that go by it. */
export type RecordedOptions = OidcClientOptions & {
  readonly clientId: string;
  readonly issuer: string;
  readonly storageDirectory: string;
  readonly openBrowser: (url: string) => Promise<void>;
};

const seconds = (value: number | undefined, other: number) => (value ?? other) * 1000;

export class Recorder {
  /** Which client the running code works for: what it began goes on under its name. */
  readonly #working = new AsyncLocalStorage<string>();
  #clients = 0;
  /** The next call is the question at the end. */
  isLast = false;

  constructor(
    readonly notes: NoteFile,
    directory: string,
    isFull?: () => boolean,
  ) {
    watchFiles(directory, notes, () => this.#working.getStore(), isFull);
  }

  /** The client, and the `fetch` that goes by its name. */
  open(options: RecordedOptions): { readonly client: OidcClient; readonly fetch: typeof fetch } {
    this.#clients += 1;
    const name = `${this.notes.party}.${this.#clients}`;
    this.#noteClient(name, options);
    const send = recordFetch(name, this.notes);
    const { openBrowser } = options;
    const settings: OidcClientOptions = {
      ...options,
      fetch: send,
      openBrowser: async (url) => {
        const state = new URL(url).searchParams.get("state") ?? "";
        this.notes.note({ what: "opens", client: name, login: this.notes.next() }, { state });
        await openBrowser(url);
      },
    };
    const client = this.#working.run(name, () => new OidcClient(settings));
    const isLast = () => {
      const { isLast: was } = this;
      this.isLast = false;
      return was;
    };
    const within = <T>(work: () => T) => this.#working.run(name, work);
    return { client: recordCalls(client, name, this.notes, { within, isLast }), fetch: send };
  }

  #noteClient(name: string, options: RecordedOptions): void {
    const bounds = {
      storage: seconds(options.storageTimeoutSeconds, 10),
      request: seconds(options.requestTimeoutSeconds, 30),
      lock: seconds(options.lockTimeoutSeconds, 60),
      login: seconds(options.loginTimeoutSeconds, 300),
    };
    const scopes = ["openid", ...(options.extraScopes ?? [])];
    const { clientId: store } = options;
    this.notes.note({ what: "client", client: name, kind: "process", trustMs: TRUST_MS, bounds, scopes }, { store });
  }
}
