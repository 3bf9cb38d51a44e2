/** Who holds a lock file, and whether that one still lives. */
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "../../errors.js";

/** A thread of a process, as one that comes later can recognise it. */
export interface Holder {
  readonly pid: number;
  /** The thread's id on Linux; 0 elsewhere. */
  readonly tid: number;
  /** The machine's boot and the process namespace: within one realm a pid means one process at a time. */
  readonly realm: string;
  /** When the thread began, in the kernel's ticks since boot. Only Linux has it; "" elsewhere. */
  readonly startTime: string;
}

/** `unknown`: in another realm, or on a platform that cannot distinguish a process from a later one with the same pid. */
export type Life = "alive" | "dead" | "unknown";

const NO_REALM = "";

function linuxThread(): Holder | undefined {
  try {
    // A synchronous call runs on the calling thread itself, so that a worker thread finds its own id.
    const [pid, , tid] = readlinkSync("/proc/thread-self").split("/").map(Number);
    const stat = pid === process.pid && tid !== undefined ? threadStat(pid, tid) : undefined;
    if (pid === undefined || tid === undefined || stat === undefined) return undefined;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const realm = [boot, readlinkSync("/proc/self/ns/pid"), timeNamespace()].join("/");
    return { pid, tid, realm, startTime: stat.startTime };
  } catch {
    // No /proc, or one that shows less than this needs.
    return undefined;
  }
}

/** Start times are shifted in another time namespace (time_namespaces(7)); older kernels have none. */
function timeNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/time");
  } catch {
    return "";
  }
}

/** State and start time by proc_pid_stat(5); the name in parentheses may hold spaces and parentheses itself. */
function threadStat(pid: number, tid: number): { state: string; startTime: string } | undefined {
  const text = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state && startTime ? { state, startTime } : undefined;
}

let own: Holder | undefined;

/** The calling thread. */
export function ownIdentity(): Holder {
  const elsewhere = (): Holder => ({
    pid: process.pid,
    tid: 0,
    // Without /proc, Linux containers cannot be distinguished: nothing can be confirmed there.
    realm: process.platform === "linux" ? NO_REALM : `${process.platform}/${hostname()}`,
    startTime: "",
  });
  own ??= (process.platform === "linux" ? linuxThread() : undefined) ?? elsewhere();
  return own;
}

/** Whether the holder still runs; a stopped one is alive. */
export function lifeOf(holder: Holder, self: Holder = ownIdentity()): Life {
  if (self.realm === NO_REALM || holder.realm !== self.realm) return "unknown";
  return holder.startTime === "" ? lifeOfPid(holder.pid) : lifeOfThread(holder);
}

function lifeOfThread(holder: Holder): Life {
  try {
    const stat = threadStat(holder.pid, holder.tid);
    if (stat === undefined) return "unknown";
    // Z and X: killed, and kept only until its parent has asked for the exit code.
    const gone = stat.startTime !== holder.startTime || stat.state === "Z" || stat.state === "X";
    return gone ? "dead" : "alive";
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT" && code !== "ESRCH") return "unknown";
    if (threadsAreVisible(holder.pid)) return "dead";
    // Where /proc hides other processes (hidepid), only the missing pid itself is proof.
    return lifeOfPid(holder.pid);
  }
}

function threadsAreVisible(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}/task`).isDirectory();
  } catch {
    return false;
  }
}

/** The pid may belong to a later process by now, so that its being there proves nothing. */
function lifeOfPid(pid: number): Life {
  try {
    process.kill(pid, 0);
    return "unknown";
  } catch (error) {
    return codeOf(error) === "ESRCH" ? "dead" : "unknown";
  }
}
