/** Real clients of one thread, whose calls, requests and files are noted. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  isKeystoneAuthError,
  type LoginRequiredError,
  OidcClient,
  type OidcClientOptions,
} from "../../../src/node/index.js";
import type { CallEvent, Failure, Method, SettledEvent } from "../events.js";
import { recordFetch } from "./fetch.js";
import { watchFiles } from "./files.js";
import type { NoteFile } from "./notes.js";

const METHODS: readonly Method[] = [
  "getAccessToken",
  "getTokenSet",
  "getIdTokenClaims",
  "signIn",
  "signOut",
  "destroyTokens",
  "destroyAccessToken",
];
const TRUST_MS = 1000;

interface TokenOptions {
  readonly interaction?: string;
  readonly forceRefresh?: boolean;
  readonly rejectedToken?: string;
}

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
  ) {
    watchFiles(directory, notes, () => this.#working.getStore());
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
    this.#noteEvents(client, name);
    return { client: this.#proxy(client, name), fetch: send };
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

  #noteEvents(client: OidcClient, name: string): void {
    const heard = (event: "session" | "storage", detail: string) =>
      this.notes.note({ what: "heard", client: name, event, detail });
    client.on("session", ({ reason }) => heard("session", reason));
    client.on("storage", ({ error }) => heard("storage", error.kind));
  }

  #proxy(client: OidcClient, name: string): OidcClient {
    return new Proxy(client, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        const call = (...values: unknown[]): unknown =>
          this.#working.run(name, () => Reflect.apply(value, target, values));
        const method = METHODS.find((one) => one === property);
        if (method)
          return (options?: object) =>
            this.#call(name, method, options ?? {}, () => (options ? call(options) : call()));
        return property === "close" ? () => this.#close(name, call) : call;
      },
    });
  }

  async #close(name: string, run: () => unknown): Promise<void> {
    this.notes.note({ what: "closing", client: name });
    await run();
    this.notes.note({ what: "closed", client: name });
  }

  async #call(client: string, method: Method, options: TokenOptions, run: () => unknown): Promise<unknown> {
    const call = this.notes.next();
    const { isLast } = this;
    this.isLast = false;
    this.notes.note({ what: "call", client, call, method, ...askedOf(options), ...(isLast && { isLast }) });
    const settle = (outcome: Pick<SettledEvent, "token" | "person" | "scopes" | "failure">) =>
      this.notes.note({ what: "settled", client, call, wall: Date.now(), ...outcome });
    try {
      const value = await run();
      settle(givenBy(method, value));
      return value;
    } catch (error) {
      settle({ failure: failureOf(error) });
      throw error;
    }
  }
}

function askedOf({ interaction, forceRefresh, rejectedToken }: TokenOptions): Partial<CallEvent> {
  return {
    ...(interaction === "never" && { never: true }),
    ...(forceRefresh === true && { forced: true }),
    ...(rejectedToken !== undefined && { refused: rejectedToken }),
  };
}

/** What a call gave, by the text of its token. */
function givenBy(method: Method, value: unknown): Pick<SettledEvent, "token" | "person" | "scopes"> {
  if (method === "getAccessToken") return { token: value as string };
  if (method === "getIdTokenClaims") return value ? { person: (value as { sub: string }).sub } : {};
  if (method !== "getTokenSet") return {};
  const { accessToken: token, scopes, idTokenClaims } = value as Awaited<ReturnType<OidcClient["getTokenSet"]>>;
  return { token, scopes, ...(idTokenClaims && { person: idTokenClaims.sub }) };
}

/** An error as a history tells it. */
function failureOf(error: unknown): Failure {
  if (!isKeystoneAuthError(error)) return { code: `foreign: ${String(error)}` };
  const { code, sessionKept, retryable } = error;
  const { reason } = error as Partial<LoginRequiredError>;
  return { code, sessionKept, retryable, ...(reason && { reason }) };
}
