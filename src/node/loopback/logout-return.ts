/** Takes the person's return from the provider's logout page at a loopback address (OpenID Connect RP-Initiated Logout 1.0 §3). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LoopbackAddress } from "../../options/config.js";
import { type ReadyPage, sendNeutral, sendPage } from "./pages.js";
import { readCallback } from "./request.js";
import { CallbackServer } from "./server.js";

/** A `post_logout_redirect_uri` of this machine. */
export interface LoopbackReturn {
  readonly loopback: LoopbackAddress;
  /** The URI with the port that was had; to the letter as it was given where it names that port. */
  uriAt(port: number): string;
}

/** `undefined` where the URI is none that can be listened at. Read as it is spelt: a URL parser drops the port 80. */
export function readLoopbackReturn(uri: string): LoopbackReturn | undefined {
  const [, origin = "", host, port = "", rest = ""] =
    /^(http:\/\/(127\.0\.0\.1|\[::1\]|localhost))(?::(\d*))?((?:[/?].*)?)$/i.exec(uri) ?? [];
  if (host === undefined || !URL.canParse(uri)) return undefined;
  const wanted = Number(port);
  return {
    loopback: {
      host: host.toLowerCase().replace(/[[\]]/g, "") as LoopbackAddress["host"],
      ports: [wanted],
      // As a browser asks for it.
      path: new URL(uri).pathname,
    },
    uriAt: (had) => (wanted === 0 ? `${origin}:${had}${rest}` : uri),
  };
}

/** What the person sees who comes back. */
export interface ReturnPages {
  readonly ended: ReadyPage;
  /** The provider has sent an error with them, so that its session may go on. */
  readonly refused: ReadyPage;
}

export class LogoutReturn {
  /** Whether the person has come back with our state, and no error. `false`: no longer waited for. Never rejects. */
  readonly arrived: Promise<boolean>;
  #end: (hasArrived: boolean) => void = () => {};
  #server: CallbackServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isAccepted = false;
  #isOver = false;

  private constructor(
    private readonly path: string,
    private readonly state: string,
    private readonly pages: ReturnPages,
  ) {
    this.arrived = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Listens there; a newer login or sign-out of this process gets the port. @throws EnvironmentError where it cannot be had */
  static async open({ loopback }: LoopbackReturn, state: string, pages: ReturnPages): Promise<LogoutReturn> {
    const made = new LogoutReturn(loopback.path, state, pages);
    made.#server = await CallbackServer.open(loopback, (request, response) => made.#answer(request, response));
    made.#server.mayYield(() => made.#finish());
    return made;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Waits so long from now. */
  async within(ms: number): Promise<boolean> {
    // The person may have been faster than the opener of the browser: a timer now would keep the process.
    if (!this.#isOver) this.#timer = setTimeout(() => this.#finish(), ms);
    return await this.arrived;
  }

  /** Ends the wait and gives the port back. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#finish();
    await this.#server?.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on("error", () => {});
    const callback = readCallback(request, this.#server?.authority ?? "", this.path, this.state);
    if (!(callback instanceof URLSearchParams)) return void sendNeutral(response, callback.status);
    if (callback.getAll("state").length > 1) return void sendNeutral(response, 400);
    const isRefused = callback.has("error");
    this.#isAccepted ||= !isRefused;
    this.#server?.keep(response);
    void sendPage(response, isRefused ? this.pages.refused : this.pages.ended).then(() => this.#finish());
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#end(this.#isAccepted);
  }
}
