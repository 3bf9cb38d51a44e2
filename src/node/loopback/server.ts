/**
 * The HTTP server behind the loopback agent: its port, on the host that was asked for and nothing else (RFC 8252 §7.3,
 * §8.3), its sockets, their limits, and an end that waits for nobody.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { codeOf, EnvironmentError } from "../../errors.js";
import type { LoopbackAddress } from "../../options/config.js";

// Cookies do not know ports: those of every program on this address arrive too, and may be large.
const MAX_HEADER_BYTES = 65_536;
const REQUEST_MS = 10_000;
const MAX_CONNECTIONS = 64;
const FLUSH_MS = 500;

/** The servers that give their port to whoever needs it next in this process, and what is to be told then. */
const yielding = new Map<CallbackServer, () => void>();

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export class CallbackServer {
  port = 0;
  /** What a browser sends as `Host`. */
  authority = "";
  #servers: readonly Server[] = [];
  /** The open sockets, oldest first. */
  readonly #open = new Set<Socket>();
  readonly #kept = new WeakSet<Socket>();

  private constructor() {}

  /** @throws EnvironmentError (`environment`) when no port can be had */
  static async open(loopback: LoopbackAddress, onRequest: RequestListener): Promise<CallbackServer> {
    for (const [other, onYield] of yielding) if (loopback.ports.includes(other.port)) other.#yield(onYield);
    const callbackServer = new CallbackServer();
    const { servers, port } = await bindLoopback(() => callbackServer.#create(onRequest), loopback);
    const { host } = loopback;
    callbackServer.#servers = servers;
    callbackServer.port = port;
    callbackServer.authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return callbackServer;
  }

  /** The connection that carries the true callback: never ended for a newer one. */
  keep(response: ServerResponse): void {
    if (response.socket !== null) this.#kept.add(response.socket);
  }

  /** From now on whoever opens a server on this port in this process gets it; `onYield` is called then. */
  mayYield(onYield: () => void): void {
    yielding.set(this, onYield);
  }

  /** Gives the port back; what is connected may go on. */
  stopListening(): void {
    yielding.delete(this);
    for (const server of this.#servers) if (server.listening) server.close();
  }

  /**
   * Gives the port back and ends every connection, within half a second: at once where nothing is on its way out, else
   * when that is sent. Idempotent; never rejects.
   */
  async close(): Promise<void> {
    this.stopListening();
    const sending: Promise<void>[] = [];
    for (const socket of this.#open) {
      if (socket.writableEnded || socket.writableLength > 0) sending.push(flushed(socket));
      else socket.destroy();
    }
    await Promise.all(sending);
  }

  #yield(onYield: () => void): void {
    this.stopListening();
    onYield();
  }

  #create(onRequest: RequestListener): Server {
    const limits = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: 1_000,
    };
    return createServer(limits, onRequest).on("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.on("close", () => this.#open.delete(socket));
      // The oldest goes and the newest stays: who only holds connections open never keeps the browser out.
      const oldest = [...this.#open].find((each) => !this.#kept.has(each));
      if (this.#open.size <= MAX_CONNECTIONS || oldest === undefined) return;
      this.#open.delete(oldest);
      oldest.destroy();
    });
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

/** What a system says that has not the one kind of address, IPv4 or IPv6. */
const NO_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"];

/** The bound servers, two of them where `localhost` has both addresses, and their one port. */
interface BoundServers {
  readonly servers: readonly Server[];
  readonly port: number;
}

// With port 0 the IPv4 address gets a free port, which somebody may have on the IPv6 address: another one is tried then.
const LOCALHOST_ATTEMPTS = 8;

/**
 * Tries the ports in their order, 0 being any free one.
 *
 * @throws EnvironmentError (`environment`) when none can be had
 */
export async function bindLoopback(createServer: () => Server, loopback: LoopbackAddress): Promise<BoundServers> {
  const { host, ports } = loopback;
  let causeCode: string | undefined;
  for (const wanted of ports) {
    const attempts = host === "localhost" && wanted === 0 ? LOCALHOST_ATTEMPTS : 1;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        return await bindPort(createServer, host, wanted);
      } catch (error) {
        causeCode = codeOf(error);
      }
    }
  }
  const advice = NO_ADDRESS.includes(causeCode ?? "") ? missingAddress(host) : TAKEN;
  throw new EnvironmentError(
    `The sign-in needs a port of ${host} for the answer of the browser, and ${namePorts(ports)} cannot be had. ${advice}`,
    { causeCode, retryable: true },
  );
}

const TAKEN = "End the program that has the port, or give others in the option loopback.ports.";

function missingAddress(host: string): string {
  if (host === "localhost") return "This machine has no loopback address, neither IPv4 nor IPv6.";
  const [here, other] = host === "::1" ? ["IPv6", "127.0.0.1"] : ["IPv4", "::1"];
  return `This machine has no ${here} loopback address. Give loopback.host "${other}" or "localhost", where the provider has that redirect URI registered.`;
}

async function bindPort(createServer: () => Server, host: string, wanted: number): Promise<BoundServers> {
  if (host !== "localhost") {
    const server = await listen(createServer(), host, wanted);
    return { servers: [server], port: portOf(server) };
  }
  const first = await listenIfThere(createServer(), "127.0.0.1", wanted);
  if (first === undefined) {
    const only = await listen(createServer(), "::1", wanted);
    return { servers: [only], port: portOf(only) };
  }
  const port = portOf(first);
  try {
    const second = await listenIfThere(createServer(), "::1", port);
    return { servers: second ? [first, second] : [first], port };
  } catch (error) {
    // The browser may prefer that address, and the code would go to whoever listens there.
    first.close();
    throw error;
  }
}

/** `undefined` on a machine without that address; a port that is in use there is another matter. */
async function listenIfThere(server: Server, host: string, port: number): Promise<Server | undefined> {
  return await listen(server, host, port).catch((error: unknown) => {
    if (NO_ADDRESS.includes(codeOf(error) ?? "")) return undefined;
    throw error;
  });
}

async function listen(server: Server, host: string, port: number): Promise<Server> {
  // Exclusive: the workers of a cluster would share the port, and one would get the other's answer.
  server.listen({ host, port, exclusive: true, ipv6Only: true });
  await once(server, "listening");
  // A failed accept (too many open files) must not end the process: the next one may work.
  server.on("error", () => {});
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not a TCP server");
  return address.port;
}

function namePorts(ports: readonly number[]): string {
  const names = ports.map((port) => (port === 0 ? "any free port" : `port ${port}`));
  return names.length < 2 ? (names[0] ?? "no port") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
