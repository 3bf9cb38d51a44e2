/** Binds the loopback server's port: the host that was asked for and nothing else (RFC 8252 §7.3, §8.3). */
import { once } from "node:events";
import type { Server } from "node:http";
import { EnvironmentError } from "../../errors.js";
import type { LoopbackOptions } from "../../options/options.js";

/** The bound servers, two of them where `localhost` has both addresses, and their one port. */
export interface BoundServers {
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
export async function bindLoopback(
  createServer: () => Server,
  loopback: Required<LoopbackOptions>,
): Promise<BoundServers> {
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
  throw new EnvironmentError(
    `The sign-in needs a port of ${host} for the answer of the browser, and ${namePorts(ports)} cannot be had. ` +
      "The session is as it was. End the program that has the port, or give others in the option loopback.ports.",
    { causeCode, retryable: true },
  );
}

async function bindPort(createServer: () => Server, host: string, wanted: number): Promise<BoundServers> {
  if (host !== "localhost") {
    const server = await listen(createServer(), host, wanted);
    return { servers: [server], port: portOf(server) };
  }
  const first = await listen(createServer(), "127.0.0.1", wanted);
  const port = portOf(first);
  try {
    return { servers: [first, await listen(createServer(), "::1", port)], port };
  } catch (error) {
    const code = codeOf(error);
    // A machine without IPv6. A port that is in use there is another matter: the browser may prefer that address, and
    // the code would go to whoever listens.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT" || code === "EINVAL") return { servers: [first], port };
    first.close();
    throw error;
  }
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

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

function namePorts(ports: readonly number[]): string {
  const names = ports.map((port) => (port === 0 ? "any free port" : `port ${port}`));
  return names.length < 2 ? (names[0] ?? "no port") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
