/** Answers the renderers' calls and sends them the events. */
import { ConfigurationError, isKeystoneAuthError } from "../../errors.js";
import type { SessionState } from "../../session/session-state.js";
import { describeError } from "../errors.js";
import { type Answer, type CallMessage, callsOn, type EventData, eventsOn, type SessionNews } from "../messages.js";
import { perform, readCall, type ServedClient } from "./calls.js";
import { type OpenDocument, OpenDocuments } from "./documents.js";
import { sessionForPage } from "./page-data.js";
import { checkFrame, checkSender, type ElectronFrame, type ElectronInvokeEvent } from "./senders.js";
import type { InteractionRequest, ServeConfig } from "./serve-options.js";

const MOST_REFUSALS_LOGGED = 100;
const UNKNOWN: SessionState = { status: "unknown" };

export class TokenService {
  readonly #documents = new OpenDocuments();
  readonly #release: (() => void)[];
  #closed = false;
  #refusals = 0;
  /** Counts what is told of the session, whose first state is the first of it. */
  #news = 1;

  constructor(
    private readonly client: ServedClient,
    private readonly config: ServeConfig,
  ) {
    const { ipcMain, channel } = config;
    try {
      ipcMain.handle(callsOn(channel), (event, message) => this.#answer(event, message));
    } catch {
      const advice = "Close the other one first, or give each client a channel.";
      throw new ConfigurationError("channel", `Option channel: ${channel} is served already. ${advice}`);
    }
    this.#release = [
      () => ipcMain.removeHandler(callsOn(channel)),
      client.on("session", ({ reason }) => {
        this.#news += 1;
        this.#emit(this.#describe(reason));
      }),
      client.on("storage", ({ error }) => this.#emit({ kind: "storage", error: describeError(error) })),
    ];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const release of this.#release) release();
    this.#emit({ kind: "closed" });
    this.#documents.close("The main process serves no tokens any more.");
  }

  /** Never rejects: what is thrown would cross as a sentence, and could carry more than was meant for the page. */
  async #answer(event: ElectronInvokeEvent, message: unknown): Promise<Answer> {
    let document: OpenDocument | undefined;
    try {
      const frame = checkSender(event, this.config);
      const call = readCall(message);
      document = this.#documents.of(event, frame, call.page);
      if (call.method === "cancel") {
        document.cancel(call.id);
        return { ok: true };
      }
      const value = await document.run(call.id, (signal) => this.#perform(call, frame, signal));
      // The frame may show another document by now.
      checkSender(event, this.config);
      if (call.method === "subscribe") this.#greet(document);
      return { ok: true, news: this.#lastNews, ...(value !== undefined && { value }) };
    } catch (error) {
      if (isKeystoneAuthError(error) && error.code === "configuration") this.#logRefusal(error.message);
      return { ok: false, error: describeError(error), ...(document && { news: this.#lastNews }) };
    }
  }

  /** A page that sends junk without end must not fill the log. */
  #logRefusal(message: string): void {
    this.#refusals += 1;
    if (this.#refusals <= MOST_REFUSALS_LOGGED) this.config.log.warn(message);
    if (this.#refusals === MOST_REFUSALS_LOGGED) this.config.log.warn("further refusals are not logged");
  }

  async #perform(call: CallMessage, frame: ElectronFrame, signal: AbortSignal): Promise<unknown> {
    const { userActivation } = call;
    const mayAsk = async (method: InteractionRequest["method"]) => {
      try {
        return (await this.config.mayAsk({ frame, method, userActivation })) === true;
      } catch {
        return false;
      }
    };
    const value = await perform(call, { client: this.client, signal, mayAsk });
    if (call.method === "destroyAccessToken") this.#emit({ kind: "changed" });
    return value;
  }

  /** The number of what each document has been told, or is being told. */
  get #lastNews(): number {
    return this.#session.status === "unknown" ? 0 : this.#news;
  }

  /** A client that a program has made of ours may have none, or throw: no answer fails for that. */
  get #session(): SessionState {
    try {
      return this.client.session ?? UNKNOWN;
    } catch {
      return UNKNOWN;
    }
  }

  /** Who comes later than the first look hears what it found. As an event: in one line with those that follow. */
  #greet(document: OpenDocument): void {
    if (this.#lastNews > 0) this.#send(document, this.#describe("restored"));
  }

  #describe(reason: SessionNews["reason"]): SessionNews {
    return { kind: "session", number: this.#news, reason, session: sessionForPage(this.#session) };
  }

  #emit(event: EventData): void {
    for (const document of this.#documents.all()) this.#send(document, event);
  }

  #send(document: OpenDocument, event: EventData): void {
    try {
      checkFrame(document.frame, this.config).send(eventsOn(this.config.channel), event);
    } catch {
      document.end();
    }
  }
}
