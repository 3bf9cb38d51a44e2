/** The HTTP server behind the loopback agent: its sockets, their limits, and an end that waits for nobody. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { LoopbackOptions } from "../../options/options.js";
import { type BoundServers, bindLoopback } from "./bind.js";

// Cookies do not know ports: those of every program on this address arrive too, and may be large.
const MAX_HEADER_BYTES = 65_536;
const REQUEST_MS = 10_000;
const MAX_CONNECTIONS = 64;
const FLUSH_MS = 500;

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export class CallbackServer {
  readonly port: number;
  /** What a browser sends as `Host`. */
  readonly authority: string;
  readonly #servers: readonly Server[];
  readonly #connections: Connections;

  private constructor(bound: BoundServers, connections: Connections, host: string) {
    this.#servers = bound.servers;
    this.#connections = connections;
    this.port = bound.port;
    this.authority = `${host.includes(":") ? `[${host}]` : host}:${bound.port}`;
  }

  /** @throws EnvironmentError (`environment`) when no port can be had */
  static async open(loopback: Required<LoopbackOptions>, onRequest: RequestListener): Promise<CallbackServer> {
    const connections = new Connections();
    const bound = await bindLoopback(() => createLimitedServer(onRequest, connections), loopback);
    return new CallbackServer(bound, connections, loopback.host);
  }

  /** The connection that carries the true callback: never ended for want of room. */
  keep(response: ServerResponse): void {
    if (response.socket !== null) this.#connections.kept.add(response.socket);
  }

  /** Gives the port back; what is connected may go on. */
  stopListening(): void {
    for (const server of this.#servers) if (server.listening) server.close();
  }

  /** Gives the port back and ends every connection, within half a second. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.stopListening();
    await this.#connections.end();
  }
}

function createLimitedServer(onRequest: RequestListener, connections: Connections): Server {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1_000,
    },
    onRequest,
  );
  server.on("connection", (socket: Socket) => connections.add(socket));
  return server;
}

/** The open sockets, oldest first. */
class Connections {
  readonly #open = new Set<Socket>();
  readonly kept = new WeakSet<Socket>();

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    if (this.#open.size > MAX_CONNECTIONS) this.#makeRoom();
  }

  // The oldest goes and the newest stays: who only holds connections open never keeps the browser out.
  #makeRoom(): void {
    for (const socket of this.#open) {
      if (this.kept.has(socket)) continue;
      this.#open.delete(socket);
      socket.destroy();
      return;
    }
  }

  /** Ends all: at once where nothing is on its way out, else when that is sent. */
  async end(): Promise<void> {
    const sending: Promise<void>[] = [];
    for (const socket of this.#open) {
      if (socket.writableEnded || socket.writableLength > 0) sending.push(flushed(socket));
      else socket.destroy();
    }
    await Promise.all(sending);
  }
}

function flushed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), FLUSH_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.destroySoon();
  });
}
