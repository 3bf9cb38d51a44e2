/**
 * Who holds a lock, and whether that one still lives.
 *
 * A holder listens on a local socket (a named pipe on Windows) that its lock file names. The operating system accepts
 * connections as long as its thread lives, also while that is stopped or its event loop is blocked, and refuses them
 * once it has died. The connection's end wakes the waiter. Nothing is ever sent.
 */
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { codeOf } from "../../errors.js";
import { ignoringErrors } from "./private-file.js";

export interface LockHolder {
  readonly pid: number;
  /** The machine's boot and the process namespace: within one realm a pid means one process at a time. */
  readonly realm: string;
  /** Names this hold: it is never used again. */
  readonly nonce: string;
  /** The socket's address, where there could be one. */
  readonly socket?: string | undefined;
}

/** `unknown`: in another realm, or one whose pid may belong to a later process. */
export type Life = "alive" | "dead" | "unknown";

const PIPES = "\\\\.\\pipe\\";
const PIPE = /^keystone-auth-[0-9a-f]{16}$/;
const SOCKET = /^(\d+)-[0-9a-f]{16}\.(?:sock|bind)$/;
/** What sun_path holds on macOS, with its end mark; longer paths are cut without an error. */
const MOST_PATH_BYTES = 103;
const OTHERS = 0o077;
const ignore = () => {};

let realm: string | undefined;

/** "" where containers cannot be distinguished: nothing is known of anybody there. */
export function ownRealm(): string {
  realm ??= process.platform === "linux" ? linuxRealm() : `${process.platform}/${hostname()}`;
  return realm;
}

function linuxRealm(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

const isOfOwnRealm = (holder: LockHolder) => holder.realm !== "" && holder.realm === ownRealm();

/** What its pid says, else its socket: a pid that is in use proves nothing. */
export function lifeOf(holder: LockHolder | undefined, bySocket: Life): Life {
  return holder !== undefined && isOfOwnRealm(holder) && !processExists(holder.pid) ? "dead" : bySocket;
}

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** Whether a lock file's text names a socket of this library: nothing else is ever connected to. */
export function isSocketAddress(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (value.startsWith(PIPES)) return PIPE.test(value.slice(PIPES.length));
  return Buffer.byteLength(value) <= MOST_PATH_BYTES && SOCKET.test(value.slice(value.lastIndexOf("/") + 1));
}

/** A socket of the calling thread. It keeps no process alive. */
export class LockListener {
  readonly #connections = new Set<Socket>();
  readonly #server: Server;

  private constructor(readonly address: string) {
    this.#server = createServer((socket) => {
      this.#connections.add(socket);
      socket
        .unref()
        .on("error", ignore)
        .on("close", () => this.#connections.delete(socket))
        .resume();
    }).on("error", ignore);
  }

  /** `undefined` where there can be none: a lock does without it. Never throws. */
  static open(): LockListener | undefined {
    for (const folder of process.platform === "win32" ? [PIPES] : foldersForSockets()) {
      const listener = LockListener.#openIn(folder);
      if (listener) return listener;
    }
    return undefined;
  }

  static #openIn(folder: string): LockListener | undefined {
    let listener: LockListener | undefined;
    try {
      const address = newAddress(folder);
      if (address === undefined) return undefined;
      listener = new LockListener(address);
      if (listener.#listen()) return listener;
    } catch {
      // No folder for it, or a runtime that allows no sockets.
    }
    listener?.close();
    return undefined;
  }

  #listen(): boolean {
    const bound = this.address.replace(/\.sock$/, ".bind");
    // Exclusive: the workers of a cluster would listen in its first process. The socket is bound within this call.
    this.#server.listen({ path: bound, exclusive: true }).unref();
    if (!this.#server.listening) return false;
    // A thread that is terminated takes the file that it bound with it. Under another name it stays, and refuses.
    if (bound !== this.address) renameSync(bound, this.address);
    return true;
  }

  /** Ends all connections, those too that the event loop has not seen yet. From now on the socket refuses. */
  stop(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }

  /** Stops, and leaves nothing. */
  close(): void {
    this.stop();
    ignoringErrors(() => unlinkSync(this.address));
  }
}

/** TMPDIR may be too long for a socket's path, read-only, or hold a folder of that name that is somebody else's. */
function foldersForSockets(): string[] {
  const { XDG_RUNTIME_DIR } = process.env;
  return [...new Set([tmpdir(), ...(XDG_RUNTIME_DIR ? [XDG_RUNTIME_DIR] : []), "/tmp"])].filter(isAbsolute);
}

function newAddress(place: string): string | undefined {
  const random = randomBytes(8).toString("hex");
  if (place === PIPES) return `${PIPES}keystone-auth-${random}`;
  const user = process.geteuid?.();
  const folder = join(place, `keystone-auth-${user}`);
  const address = join(folder, `${process.pid}-${random}.sock`);
  return Buffer.byteLength(address) <= MOST_PATH_BYTES && isPrivateFolder(folder, user) ? address : undefined;
}

/** Everybody may write in the folder for temporary files: what others put there is not used. */
function isPrivateFolder(folder: string, user: number | undefined): boolean {
  try {
    mkdirSync(folder, 0o700);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== user || (stat.mode & OTHERS) !== 0) return false;
  for (const name of readdirSync(folder)) {
    const [, pid] = SOCKET.exec(name) ?? [];
    if (pid !== undefined && !processExists(Number(pid))) ignoringErrors(() => unlinkSync(join(folder, name)));
  }
  return true;
}

/** The connection of one who waits for the holder. It keeps no process alive. */
export class HolderConnection {
  /** The system answers at once; where it does not, too many wait already, and so the holder lives. */
  life: Life = "alive";
  isConnected = false;
  /** The holder lived when it ended: it may be giving its lock back, or have died, or have too many who wait. */
  isOver = false;
  /** Called at the next change. */
  onChange = ignore;
  readonly #socket: Socket | undefined;

  constructor(
    readonly holder: LockHolder,
    address: string,
  ) {
    try {
      this.#socket = createConnection({ path: address })
        .unref()
        .on("connect", () => {
          this.isConnected = true;
          this.onChange();
        })
        .on("error", (error) => {
          if (!this.isConnected) this.life = lifeAfter(codeOf(error), holder);
        })
        // This comes after each error too.
        .on("close", () => {
          this.isConnected = false;
          this.isOver = this.life === "alive";
          this.onChange();
        })
        .resume();
    } catch {
      this.life = "unknown";
    }
  }

  close(): void {
    this.onChange = ignore;
    this.#socket?.destroy();
  }
}

/** Others may share the path without sharing the machine: in another realm a refusal proves nothing. */
function lifeAfter(code: string | undefined, holder: LockHolder): Life {
  if (code === "EAGAIN" || code === "EBUSY") return "alive";
  // A pipe has no file that could outlive its process.
  const isRefused = code === "ECONNREFUSED" || (code === "ENOENT" && process.platform === "win32");
  return isRefused && isOfOwnRealm(holder) ? "dead" : "unknown";
}
