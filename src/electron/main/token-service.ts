/** Answers the renderers' calls and sends them the events. */
import { ConfigurationError, isKeystoneAuthError } from "../../errors.js";
import { describeError } from "../errors.js";
import { type Answer, type CallMessage, callsOn, type EventData, eventsOn, type SessionNews } from "../messages.js";
import { perform, readCall, type ServedClient } from "./calls.js";
import { type OpenDocument, OpenDocuments } from "./documents.js";
import { sessionForPage } from "./page-data.js";
import { checkFrame, checkSender, type ElectronFrame, type ElectronInvokeEvent } from "./senders.js";
import type { InteractionRequest, ServeConfig } from "./serve-options.js";

const MOST_REFUSALS_LOGGED = 100;

export class TokenService {
  readonly #documents = new OpenDocuments();
  readonly #release: (() => void)[];
  #closed = false;
  #refusals = 0;

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
      client.on("session", ({ reason }) => this.#emit(this.#news(reason))),
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
    try {
      const frame = checkSender(event, this.config);
      const call = readCall(message);
      const document = this.#documents.of(event, frame, call.page);
      if (call.method === "cancel") {
        document.cancel(call.id);
        return { ok: true };
      }
      const value = await document.run(call.id, (signal) => this.#perform(call, frame, signal));
      // The frame may show another document by now.
      checkSender(event, this.config);
      if (call.method === "subscribe") this.#greet(document);
      return value === undefined ? { ok: true } : { ok: true, value };
    } catch (error) {
      if (isKeystoneAuthError(error) && error.code === "configuration") this.#logRefusal(error.message);
      return { ok: false, error: describeError(error) };
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

  /** Who comes later than the first look hears what it found. As an event: in one line with those that follow. */
  #greet(document: OpenDocument): void {
    if (this.client.session.status !== "unknown") this.#send(document, this.#news("restored"));
  }

  #news(reason: SessionNews["reason"]): SessionNews {
    return { kind: "session", reason, session: sessionForPage(this.client.session) };
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
