/** A request under way, with the ways in which a network or a proxy can spoil its answer. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline, Readable } from "node:stream";
import { TLSSocket } from "node:tls";
import { errorAnswer, pageAnswer, redirectAnswer } from "./context.js";
import type { Answer, Delivery, Exchange, Hook, RecordedRequest } from "./types.js";

const JSON_TYPE = { "content-type": "application/json", "cache-control": "no-store" };
const HUGE_PIECE = 64 * 1024;

function resetSocket(socket: Socket | null): void {
  // Only a bare TCP socket can send RST; on a TLS one the call throws.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

function trickle(response: ServerResponse, body: Buffer, chunkBytes: number, everyMs: number): void {
  response.writeHead(200, JSON_TYPE);
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, sent + chunkBytes));
    sent += chunkBytes;
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}

function* paddedJson(bytes: number): Generator<string> {
  const head = '{"padding":"';
  const tail = '"}';
  yield head;
  for (let left = bytes - head.length - tail.length; left > 0; left -= HUGE_PIECE) {
    yield "x".repeat(Math.min(left, HUGE_PIECE));
  }
  yield tail;
}

function sendHuge(response: ServerResponse, bytes: number): void {
  response.writeHead(200, JSON_TYPE);
  // A client that leaves ends the pipeline; that is what such a test wants.
  pipeline(Readable.from(paddedJson(bytes)), response, () => {});
}

/** What a hook decided and did not return is kept here, so that a forgotten `return` does not answer correctly. */
class HookExchange implements Exchange {
  readonly request: RecordedRequest;
  readonly clientGone: Promise<void>;
  /** The last delivery or answer that was asked for. */
  chosen: Answer | Delivery | undefined;
  readonly #default: () => Promise<Answer>;
  #answer: Promise<Answer> | undefined;

  constructor(request: RecordedRequest, clientGone: Promise<void>, defaultAnswer: () => Promise<Answer>) {
    this.request = request;
    this.clientGone = clientGone;
    this.#default = defaultAnswer;
  }

  get form(): URLSearchParams {
    return this.request.form;
  }

  get query(): URLSearchParams {
    return this.request.query;
  }

  get headers(): RecordedRequest["headers"] {
    return this.request.headers;
  }

  next(): Promise<Answer> {
    this.#answer ??= this.#default();
    return this.#answer;
  }

  hang(): Delivery {
    return this.#deliver(() => {});
  }

  reset(): Delivery {
    return this.#deliver((response) => resetSocket(response.socket));
  }

  stallAfterHeaders(beginning = "{"): Delivery {
    return this.#deliver((response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-length": String(Buffer.byteLength(beginning) + 1000) });
      response.flushHeaders();
      response.write(beginning);
    });
  }

  trickle(body: string, chunkBytes = 1, everyMs = 50): Delivery {
    return this.#deliver((response) => trickle(response, Buffer.from(body), chunkBytes, everyMs));
  }

  endEarly(body: string): Delivery {
    return this.#deliver((response) => {
      response.writeHead(200, { ...JSON_TYPE, "content-length": String(Buffer.byteLength(body) + 100) });
      response.write(body, () => response.socket?.end());
    });
  }

  huge(bytes: number): Delivery {
    return this.#deliver((response) => sendHuge(response, bytes));
  }

  html(status: number, text: string): Answer {
    return this.#choose(pageAnswer(status, text));
  }

  redirect(url: string, status = 302): Answer {
    return this.#choose(redirectAnswer(url, status));
  }

  error(error: string, description?: string, status = 400): Answer {
    return this.#choose(errorAnswer(error, description, status));
  }

  #deliver(deliver: Delivery["deliver"]): Delivery {
    return this.#choose({ deliver });
  }

  #choose<T extends Answer | Delivery>(answer: T): T {
    this.chosen = answer;
    return answer;
  }
}

/** Runs the hooks, the newest first; each one's `next()` is the one before it, and in the end the default. */
export async function runHooks(
  hooks: readonly Hook[],
  request: RecordedRequest,
  clientGone: Promise<void>,
  defaultAnswer: () => Promise<Answer>,
): Promise<Answer | Delivery> {
  const [hook, ...older] = hooks;
  if (hook === undefined) return defaultAnswer();
  const exchange = new HookExchange(request, clientGone, async () => {
    const answer = await runHooks(older, request, clientGone, defaultAnswer);
    if ("deliver" in answer) throw new Error("next() cannot alter an answer that another hook spoils");
    return answer;
  });
  return (await hook(exchange)) ?? exchange.chosen ?? exchange.next();
}
