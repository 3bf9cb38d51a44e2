import { execFile } from "node:child_process";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import type { LoopbackAgent } from "../../../src/node/loopback/agent.js";
import { callback, createAgent, isClosed, knock, STATE, SUCCESS } from "./knock.js";

const signal = () => new AbortController().signal;
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

describe("the loopback port", () => {
  const agents: LoopbackAgent[] = [];
  const blockers: Server[] = [];
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
    for (const blocker of blockers.splice(0)) blocker.close();
  });
  const agentAt = (host: "127.0.0.1" | "::1" | "localhost", ports: readonly number[] = [0], path = "") => {
    const { agent } = createAgent({ loopback: { host, ports, path } });
    agents.push(agent);
    return agent;
  };
  const block = async (host: string, port = 0) => {
    const server = createServer();
    blockers.push(server);
    server.listen({ host, port });
    await once(server, "listening");
    return (server.address() as { port: number }).port;
  };

  it("LB-01 is bound on 127.0.0.1 alone, at any free port, and named by its IP literal without path or slash", async () => {
    const { redirectUri } = await agentAt("127.0.0.1").prepare(signal());
    expect(redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const port = Number(new URL(redirectUri).port);
    const { stdout } = await promisify(execFile)("cat", ["/proc/net/tcp", "/proc/net/tcp6"]);
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listening = stdout
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[3] === "0A" && row[1]?.endsWith(`:${hex}`));
    expect(listening.map((row) => row[1])).toEqual([`0100007F:${hex}`]);
  });

  it("carries the path in the redirect URI exactly as it was given", async () => {
    expect((await agentAt("127.0.0.1", [0], "/callback").prepare(signal())).redirectUri).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/callback$/,
    );
    expect((await agentAt("127.0.0.1", [0], "/").prepare(signal())).redirectUri).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/$/,
    );
  });

  it.skipIf(!hasIpv6)("writes ::1 in brackets", async () => {
    const agent = agentAt("::1");
    const { redirectUri } = await agent.prepare(signal());
    expect(redirectUri).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const response = agent.authorize({ url: "https://id.example/", state: STATE, silent: false }, signal());
    const page = knock(redirectUri, callback());
    await response;
    await agent.settle(SUCCESS);
    expect((await page).status).toBe(200);
  });

  it("listens on both addresses of localhost at one port, and says localhost", async () => {
    const { redirectUri } = await agentAt("localhost").prepare(signal());
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+$/);
    const { host, port } = new URL(redirectUri);
    expect((await knock(`http://127.0.0.1:${port}`, "/", { host })).status).toBe(400);
    if (hasIpv6) expect((await knock(`http://[::1]:${port}`, "/", { host })).status).toBe(400);
    expect((await knock(`http://127.0.0.1:${port}`, "/")).status).toBe(421);
  });

  it.skipIf(!hasIpv6)("takes no port of localhost whose other address somebody else has", async () => {
    const taken = await block("::1");
    const free = await block("127.0.0.1");
    blockers.pop()?.close();
    const { redirectUri } = await agentAt("localhost", [taken, free]).prepare(signal());
    expect(redirectUri).toBe(`http://localhost:${free}`);
    expect(await isClosed(`http://127.0.0.1:${taken}`)).toBe(true);
  });

  it("LB-09 is the next of the list where the first is busy", async () => {
    const busy = await block("127.0.0.1");
    const { redirectUri } = await agentAt("127.0.0.1", [busy, 0]).prepare(signal());
    expect(Number(new URL(redirectUri).port)).not.toBe(busy);
  });

  it("LB-09 is an EnvironmentError that names the ports where all are busy", async () => {
    const ports = [await block("127.0.0.1"), await block("127.0.0.1")];
    const failed = agentAt("127.0.0.1", ports).prepare(signal());
    await expect(failed).rejects.toMatchObject({ code: "environment", causeCode: "EADDRINUSE", sessionKept: true });
    await expect(failed).rejects.toThrow(new RegExp(`port ${ports[0]} and port ${ports[1]}`));
  });

  it("goes back when close() comes while it is being bound", async () => {
    const port = await block("127.0.0.1");
    blockers.pop()?.close();
    const agent = agentAt("127.0.0.1", [port]);
    const preparing = agent.prepare(signal());
    const failed = expect(preparing).rejects.toMatchObject({ code: "aborted" });
    await agent.close();
    await failed;
    expect(await isClosed(`http://127.0.0.1:${port}`)).toBe(true);
  });
});
