/**
 * A local socket (a named pipe on Windows) on which the holder of a lock listens, and the connection of one who waits.
 *
 * The operating system accepts connections as long as the holder's process lives, also while that is stopped or its event
 * loop is blocked, and refuses them once it has died. The connection's end wakes the waiter. Nothing is ever sent.
 */
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../errors.js";

const PIPES = "\\\\.\\pipe\\";
const NAME = /^keystone-auth-[0-9a-f]{16}$/;
const SOCKET = /^(\d+)-[0-9a-f]{16}\.sock$/;
/** What sun_path holds on macOS, with its end mark; longer paths are cut without an error. */
const MOST_PATH_BYTES = 103;
const OTHERS = 0o077;

/** Whether a lock file's text names a socket of this library: nothing else is ever connected to. */
export function isSocketAddress(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (value.startsWith(PIPES)) return NAME.test(value.slice(PIPES.length));
  return Buffer.byteLength(value) <= MOST_PATH_BYTES && SOCKET.test(value.slice(value.lastIndexOf("/") + 1));
}

const ignore = () => {};
let sweptFolder: string | undefined;

/** A socket of the calling thread. It keeps no process alive, and its file goes with it. */
export class LockListener {
  readonly address: string;
  readonly #server: Server;
  readonly #connections: Set<Socket>;

  private constructor(address: string, server: Server, connections: Set<Socket>) {
    this.address = address;
    this.#server = server;
    this.#connections = connections;
  }

  /** `undefined` where there can be none: a lock does without it. Never throws. */
  static open(): LockListener | undefined {
    try {
      const address = newAddress();
      if (address === undefined) return undefined;
      const connections = new Set<Socket>();
      const server = createServer((socket) => {
        connections.add(socket);
        socket
          .unref()
          .on("error", ignore)
          .on("close", () => connections.delete(socket))
          .resume();
      });
      server.on("error", ignore);
      // Exclusive: the workers of a cluster would listen in its first process. The socket is bound within this call.
      server.listen({ path: address, exclusive: true }).unref();
      if (server.listening) return new LockListener(address, server, connections);
      server.close();
    } catch {
      // No folder for it, or a runtime that allows no sockets.
    }
    return undefined;
  }

  /** Ends all connections, those too that the event loop has not seen yet. */
  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }
}

function newAddress(): string | undefined {
  const random = randomBytes(8).toString("hex");
  if (process.platform === "win32") return `${PIPES}keystone-auth-${random}`;
  const user = process.geteuid?.() ?? "user";
  const folder = join(tmpdir(), `keystone-auth-${user}`);
  const address = join(folder, `${process.pid}-${random}.sock`);
  return Buffer.byteLength(address) <= MOST_PATH_BYTES && isPrivateFolder(folder, user) ? address : undefined;
}

/** Everybody may write in the folder for temporary files: what others put there is not used. */
function isPrivateFolder(folder: string, user: number | string): boolean {
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== user || (stat.mode & OTHERS) !== 0) return false;
  if (sweptFolder !== folder) sweepSocketsOfTheDead(folder);
  sweptFolder = folder;
  return true;
}

function sweepSocketsOfTheDead(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = SOCKET.exec(name) ?? [];
    if (pid === undefined || processExists(Number(pid))) continue;
    try {
      unlinkSync(join(folder, name));
    } catch {
      // Another process sweeps too.
    }
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/**
 * `connected`, `busy` (too many wait, so that it cannot be asked): the holder lives. `refused`: nobody listens any more.
 * `ended`: it was connected. `unreachable`: the socket is not of this machine, or sockets are not to be had.
 */
export type ConnectionState = "connecting" | "connected" | "busy" | "refused" | "ended" | "unreachable";

/** The connection of one who waits for the holder. It keeps no process alive. */
export class HolderConnection {
  #state: ConnectionState = "connecting";
  #socket: Socket | undefined;
  #onChange = ignore;

  constructor(address: string) {
    try {
      this.#socket = createConnection({ path: address })
        .unref()
        .on("connect", () => this.#become("connected"))
        .on("error", (error) => {
          if (this.#state === "connecting") this.#state = stateAfter(codeOf(error));
        })
        // The end comes after each error too.
        .on("close", () => this.#become(this.#state === "connected" ? "ended" : this.#state))
        .resume();
    } catch {
      this.#state = "unreachable";
    }
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Called at the next change. */
  set onChange(action: () => void) {
    this.#onChange = action;
  }

  close(): void {
    this.#onChange = ignore;
    this.#socket?.destroy();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#onChange();
  }
}

function stateAfter(code: string | undefined): ConnectionState {
  if (code === "ECONNREFUSED") return "refused";
  if (code === "EAGAIN" || code === "EBUSY") return "busy";
  // A pipe has no file that could outlive its process.
  return code === "ENOENT" && process.platform === "win32" ? "refused" : "unreachable";
}
