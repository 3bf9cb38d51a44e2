import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { lifeOf, ownIdentity } from "../../../src/node/files/process-identity.js";

const onLinux = describe.skipIf(process.platform !== "linux");
const self = ownIdentity();

/** Field 22 of proc_pid_stat(5). */
function startTimeOf(pid: number, tid = pid): string {
  const text = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

onLinux("the identity of a holder on Linux", () => {
  it("is alive for the calling thread", () => {
    expect(self.pid).toBe(process.pid);
    expect(lifeOf(self)).toBe("alive");
  });

  it("is dead when the pid belongs to a later process", () => {
    expect(lifeOf({ ...self, startTime: "1" })).toBe("dead");
  });

  it("is unknown in another boot or namespace, though the pid is alive here", () => {
    expect(lifeOf({ ...self, realm: "elsewhere" })).toBe("unknown");
    expect(lifeOf({ ...self, realm: "" })).toBe("unknown");
  });

  it("is unknown to one that does not know its own namespace", () => {
    expect(lifeOf(self, { ...self, realm: "" })).toBe("unknown");
  });

  it("is alive while a process runs, is alive when it is stopped, and dead when it has gone", async () => {
    const child = spawn("sleep", ["600"]);
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    const holder = { ...self, pid, tid: pid, startTime: startTimeOf(pid) };
    expect(lifeOf(holder)).toBe("alive");
    child.kill("SIGSTOP");
    expect(lifeOf(holder)).toBe("alive");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(lifeOf(holder)).toBe("dead");
  });

  it("is dead for a process that was killed and whose parent has not asked for its exit code", async () => {
    // The shell starts a child, kills it, becomes a program that never waits for it, and says the child's pid first.
    const script = 'sleep 600 & echo "$!"; read line; kill -9 $!; exec cat';
    const parent = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    const [first] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(first.toString());
    const holder = { ...self, pid, tid: pid, startTime: startTimeOf(pid) };
    expect(lifeOf(holder)).toBe("alive");
    parent.stdin.write("go\n");
    parent.stdin.write("now cat runs\n");
    await once(parent.stdout, "data");
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[2]).toBe("Z");
    expect(lifeOf(holder)).toBe("dead");
    parent.kill("SIGKILL");
    await once(parent, "exit");
  });

  it("is that of the thread: alive while a worker runs, dead when it was terminated, though the process lives", async () => {
    const program = `
      const { readlinkSync } = require("node:fs");
      require("node:worker_threads").parentPort.postMessage(readlinkSync("/proc/thread-self"));
      setInterval(() => {}, 1000);
    `;
    const worker = new Worker(program, { eval: true });
    const [thread] = (await once(worker, "message")) as [string];
    const tid = Number(thread.split("/")[2]);
    expect(tid).not.toBe(process.pid);
    const holder = { ...self, tid, startTime: startTimeOf(process.pid, tid) };
    expect(lifeOf(holder)).toBe("alive");
    await worker.terminate();
    expect(lifeOf(holder)).toBe("dead");
  });
});

describe("the identity of a holder by its pid alone, as on other platforms", () => {
  it("is dead when there is no such process", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    expect(lifeOf({ ...self, pid: child.pid ?? 0, startTime: "" })).toBe("dead");
  });

  it("is unknown when there is one: it may be a later one with the same pid", () => {
    expect(lifeOf({ ...self, startTime: "" })).toBe("unknown");
  });
});
