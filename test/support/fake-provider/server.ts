/** The HTTP side: sockets, bodies, CORS, answers. It knows nothing of OAuth. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Answer, Delivery, ServerTls } from "./types.js";

/** A request with its body. */
export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly body: string;
  readonly response: ServerResponse;
  /** Resolves when the client leaves before the whole answer was written. */
  readonly clientGone: Promise<void>;
}

async function readBody(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function headersOf(answer: Answer): Record<string, string | string[]> {
  const headers: Record<string, string | string[] | null> = { ...answer.headers };
  const named = Object.keys(headers).map((name) => name.toLowerCase());
  if (answer.json !== undefined && answer.body === undefined && !named.includes("content-type")) {
    headers["content-type"] = "application/json";
  }
  return Object.fromEntries(Object.entries(headers).filter((entry) => entry[1] !== null)) as Record<string, string>;
}

/** Writes an answer as it is. */
export function writeAnswer(response: ServerResponse, answer: Answer | Delivery): void {
  if (response.destroyed || response.socket?.destroyed) return;
  if ("deliver" in answer) {
    answer.deliver(response);
    return;
  }
  const body = answer.body ?? (answer.json === undefined ? "" : JSON.stringify(answer.json));
  response.writeHead(answer.status, headersOf(answer));
  response.end(body);
}

/** Lets any page read the answer. Credentials are never allowed: an SDK that needs cookies here is wrong. */
export function allowCors(message: IncomingMessage, response: ServerResponse): void {
  const { origin } = message.headers;
  if (origin === undefined) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "Origin");
  response.setHeader("access-control-expose-headers", "www-authenticate, retry-after, dpop-nonce");
  if (message.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
  response.setHeader("access-control-allow-headers", "authorization, content-type, accept, dpop, x-request");
  response.setHeader("access-control-allow-private-network", "true");
}

/** A loopback server that can go down and come up again on the same port, and that nothing keeps open. */
export class LoopbackListener {
  readonly #listener: RequestListener;
  readonly #tls: ServerTls | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;

  constructor(port: number, tls: ServerTls | undefined, handle: (request: ReceivedRequest) => Promise<void>) {
    this.#port = port;
    this.#tls = tls;
    this.#listener = (message, response) => void this.#receive(message, response, handle);
  }

  get port(): number {
    return this.#port;
  }

  get secure(): boolean {
    return this.#tls !== undefined;
  }

  /** Binds the port; from the second time on the same one. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = this.#tls === undefined ? createServer(this.#listener) : createTlsServer(this.#tls, this.#listener);
    // A busy machine may pause a test for longer than Node keeps a connection: the next request would meet its end.
    server.keepAliveTimeout = 120_000;
    this.#server = server as Server;
    server.on(this.#tls === undefined ? "connection" : "secureConnection", (socket: Socket) => this.#track(socket));
    if (this.#tls !== undefined) server.on("connection", (socket: Socket) => this.#track(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Refuses connections from now on and destroys those there are. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async #receive(
    message: IncomingMessage,
    response: ServerResponse,
    handle: (request: ReceivedRequest) => Promise<void>,
  ): Promise<void> {
    response.on("error", () => {});
    const clientGone = new Promise<void>((resolve) => {
      response.on("close", () => {
        if (!response.writableFinished) resolve();
      });
    });
    try {
      await handle({ message, body: await readBody(message), response, clientGone });
    } catch {
      // The client left while it was sending, or the server went down: there is nobody to answer.
      response.destroy();
    }
  }
}
