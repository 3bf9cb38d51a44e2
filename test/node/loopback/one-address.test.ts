/** Machines that have one kind of loopback address: a network namespace of their own, where this user may make one. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileForChildren } from "../../support/compile.js";

const IN_NAMESPACE = ["--net", "sh", "-c"];
const canMake = spawnSync("unshare", [...IN_NAMESPACE, "ip link set lo up"], { encoding: "utf8" }).status === 0;
if (!canMake) console.log("skipped: TM-13, since no network namespace can be made here (unshare, ip, root)");

/** Binds a port in a namespace from which one address was taken, and prints what came of it. */
async function bind(host: string, without: string): Promise<string> {
  const module = join(await compileForChildren(), "src/node/loopback/server.js");
  const program = `
    const { createServer } = await import("node:http");
    const { bindLoopback } = await import(${JSON.stringify(module)});
    try {
      const { servers } = await bindLoopback(() => createServer(), { host: ${JSON.stringify(host)}, ports: [0], path: "" });
      console.log(servers.map((server) => server.address().address).join(" "));
      for (const server of servers) server.close();
    } catch (error) { console.log(error.code + ": " + error.message); }`;
  const script = `ip link set lo up; ip addr del ${without} dev lo; exec "$0" --input-type=module -e "$1"`;
  const { stdout, stderr } = spawnSync("unshare", [...IN_NAMESPACE, script, process.execPath, program], {
    encoding: "utf8",
  });
  return stdout.trim() || stderr;
}

describe.skipIf(!canMake)(
  "TM-13 a machine (skipped where no network namespace can be made)",
  { timeout: 60_000 },
  () => {
    it("without 127.0.0.1 answers localhost at ::1, and the error of a fixed 127.0.0.1 names IPv4", async () => {
      expect(await bind("localhost", "127.0.0.1/8")).toBe("::1");
      expect(await bind("127.0.0.1", "127.0.0.1/8")).toMatch(
        /^environment: .*no IPv4 loopback address.*loopback\.host "::1" or "localhost"/,
      );
    });

    it("without ::1 answers localhost at 127.0.0.1, and the error of a fixed ::1 names IPv6", async () => {
      expect(await bind("localhost", "::1/128")).toBe("127.0.0.1");
      expect(await bind("::1", "::1/128")).toMatch(
        /^environment: .*no IPv6 loopback address.*"127\.0\.0\.1" or "localhost"/,
      );
    });
  },
);
