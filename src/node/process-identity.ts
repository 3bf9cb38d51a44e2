/** Who holds a lock, and whether that process or thread is still the same one. */
import { readFileSync, readlinkSync } from "node:fs";

export interface Identity {
  readonly pid: number;
  /** The thread, where the system tells it. */
  readonly tid: number;
  /** When the thread began, so that a reused number is not taken for it; "" where the system does not tell. */
  readonly start: string;
  /** Machine start and process namespace: numbers mean nothing outside them. */
  readonly place: string;
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** Field 22 of the stat file; the name in field 2 may hold anything, so that counting begins after its bracket. */
function startOf(pid: number, tid: number): string {
  return attempt(() => {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? "" : (fields[19] ?? "");
  });
}

function place(): string {
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  return boot && `${boot}/${attempt(() => readlinkSync("/proc/self/ns/pid"))}`;
}

export function ownIdentity(): Identity {
  const { pid } = process;
  const task = attempt(() => readlinkSync("/proc/thread-self")).split("/task/")[1];
  const tid = task === undefined ? pid : Number(task);
  return { pid, tid, start: startOf(pid, tid), place: place() };
}

/** `unknown` where only a missing heartbeat can tell. */
export function stateOf(holder: Identity): "alive" | "dead" | "unknown" {
  if (!holder.start || !holder.place || holder.place !== place()) return "unknown";
  return startOf(holder.pid, holder.tid) === holder.start ? "alive" : "dead";
}
