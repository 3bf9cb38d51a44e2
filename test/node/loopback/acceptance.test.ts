import { once } from "node:events";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { LoopbackAgent } from "../../../src/node/loopback/agent.js";
import { secretsIn } from "../../support/secrets-in.js";
import { CODE, callback, createAgent, isClosed, knock, open, STATE, SUCCESS, waitingAgent } from "./knock.js";

describe("what the loopback server accepts", () => {
  const agents: LoopbackAgent[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(agents.splice(0).map((agent) => agent.close()));
  });
  const waiting = async (options: Parameters<typeof waitingAgent>[0] = {}) => {
    const made = await waitingAgent(options);
    agents.push(made.agent);
    return made;
  };
  const finish = async ({ agent, redirectUri, response }: Awaited<ReturnType<typeof waiting>>, target = callback()) => {
    const page = knock(redirectUri, target);
    const parameters = await response;
    await agent.settle(SUCCESS);
    return { parameters, page: await page };
  };

  it("LB-03 answers a wrong state with a neutral 400 and takes the right one that comes after it", async () => {
    const login = await waiting();
    const stranger = await knock(login.redirectUri, callback({ code: "their-code", state: `${STATE}1` }));
    expect(stranger.status).toBe(400);
    expect(stranger.body).not.toMatch(/sign|login|their-code/i);
    const { parameters, page } = await finish(login);
    expect(parameters.get("code")).toBe(CODE);
    expect(page.status).toBe(200);
  });

  it.each(["error=access_denied", "error=access_denied&state=", `error=access_denied&state=${STATE}1`, ""])(
    "LB-04 lives through /?%s",
    async (query) => {
      const login = await waiting();
      expect((await knock(login.redirectUri, `/?${query}`)).status).toBe(400);
      expect((await finish(login)).page.status).toBe(200);
    },
  );

  it.each(["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "evil.example:80"])(
    "LB-07 answers Host %s with 421 and goes on waiting",
    async (host) => {
      const login = await waiting();
      const { port } = new URL(login.redirectUri);
      expect(
        (await knock(login.redirectUri, callback(), { host: host === "evil.example" ? `evil.example:${port}` : host }))
          .status,
      ).toBe(421);
      expect((await finish(login)).page.status).toBe(200);
    },
  );

  it("LB-07 refuses two Host headers and none", async () => {
    const login = await waiting();
    const { host } = new URL(login.redirectUri);
    expect(
      (await knock(login.redirectUri, callback(), { headers: ["Host: evil.example"] })).status,
    ).toBeGreaterThanOrEqual(400);
    expect(
      (await knock(login.redirectUri, callback(), { host: "evil.example", headers: [`Host: ${host}`] })).status,
    ).toBeGreaterThanOrEqual(400);
    const socket = await open(login.redirectUri);
    socket.end(`GET ${callback()} HTTP/1.1\r\n\r\n`);
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 400/);
    expect((await finish(login)).page.status).toBe(200);
  });

  it.each(["HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"])(
    "answers %s with 405 and the method that there is",
    async (method) => {
      const login = await waiting();
      const answer = await knock(login.redirectUri, callback(), { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET");
      expect((await finish(login)).page.status).toBe(200);
    },
  );

  it.each([
    "/./callback",
    "/%63allback",
    "/callback/",
    "//callback",
    "/callback;x",
    "/Callback",
    "/",
    "/favicon.ico",
    "*",
    "http://127.0.0.1/callback",
  ])("takes %s for a stranger where the path is /callback", async (path) => {
    const login = await waiting({ loopback: { host: "127.0.0.1", ports: [0], path: "/callback" } });
    const answer = await knock(login.redirectUri, callback(undefined, path));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect((await finish(login, callback(undefined, "/callback"))).page.status).toBe(200);
  });

  it("takes the callback whatever else is in it, and gives doubled parameters as they are", async () => {
    const login = await waiting();
    const { parameters } = await finish(login, `/?code=a&code=b&state=other&state=${STATE}&iss=x`);
    expect(parameters.getAll("code")).toEqual(["a", "b"]);
    expect(parameters.getAll("state")).toEqual(["other", STATE]);
  });

  it("refuses a body, an endless target, endless headers and what is not HTTP", async () => {
    const login = await waiting();
    expect((await knock(login.redirectUri, callback(), { headers: ["Content-Length: 5"] })).status).toBe(413);
    expect((await knock(login.redirectUri, callback({ state: STATE, code: "x".repeat(40_000) }))).status).toBe(414);
    expect((await knock(login.redirectUri, callback(), { headers: [`Cookie: ${"x".repeat(70_000)}`] })).status).toBe(
      431,
    );
    const socket = await open(login.redirectUri);
    socket.resume().write("\x16\x03\x01 no http\r\n\r\n");
    await once(socket, "close");
    expect((await finish(login)).page.status).toBe(200);
  });

  it("takes a callback with the cookies of other programs on this address", async () => {
    const login = await waiting();
    const page = knock(login.redirectUri, callback(), { headers: [`Cookie: ${"x".repeat(30_000)}`] });
    await login.response;
    await login.agent.settle(SUCCESS);
    expect((await page).status).toBe(200);
  });

  it("lets the callback through while strangers hold more connections than there is room for", async () => {
    const login = await waiting();
    for (let count = 0; count < 200; count += 1) {
      const socket = await open(login.redirectUri);
      if (count % 2 === 0) socket.write("GET /?state=");
      sockets.push(socket);
    }
    const page = knock(login.redirectUri, callback());
    await login.response;
    for (let count = 0; count < 200; count += 1) sockets.push(await open(login.redirectUri));
    await login.agent.settle(SUCCESS);
    expect((await page).status).toBe(200);
    await login.agent.close();
    expect(await isClosed(login.redirectUri)).toBe(true);
  });

  it("is nobody's callback before the request was shown", async () => {
    const { agent } = createAgent();
    agents.push(agent);
    const { redirectUri } = await agent.prepare(new AbortController().signal);
    expect((await knock(redirectUri, callback())).status).toBe(400);
    expect((await knock(redirectUri, "/?state=undefined")).status).toBe(400);
  });

  it("I1 logs neither code nor state, of ours or of a stranger", async () => {
    const login = await waiting({ show: (url) => Promise.reject(new Error(`cannot open ${url}`)) });
    await knock(login.redirectUri, callback({ code: "stranger-code", state: "stranger-state" }));
    await finish(login);
    await login.agent.close();
    expect(login.log.lines.length).toBeGreaterThan(1);
    expect(secretsIn(login.log.lines, [CODE, STATE, "stranger-code", "stranger-state"])).toEqual([]);
  });
});
