import { Agent, get, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { CODE, callback, isClosed, knock, open, readAll, STATE } from "./knock.js";
import { type LoginProgram, startLogin } from "./login-program.js";

describe("a program that signs in over the loopback server", { timeout: 30_000 }, () => {
  const programs: LoginProgram[] = [];
  afterEach(() => {
    for (const { child } of programs.splice(0)) if (child.exitCode === null) child.kill();
  });
  const start = async (...given: Parameters<typeof startLogin>) => {
    const program = await startLogin(...given);
    programs.push(program);
    return program;
  };

  it.each(["success", "failure", "timeout"] as const)(
    "LB-02 exits by itself after %s, with clients attached that keep their connections",
    async (ending) => {
      const { child, redirectUri, ended } = await start(ending);
      const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });
      const request = get(`${redirectUri}/favicon.ico`, { agent: keepAlive });
      const [stranger] = (await once(request, "response")) as [IncomingMessage];
      stranger.resume();
      const [silent, halfway] = [await open(redirectUri), await open(redirectUri)];
      halfway.write("GET / HTTP/1.1\r\nHost:");
      const gone = [readAll(silent), readAll(halfway)];
      if (ending === "timeout") {
        child.stdin?.write("late\n");
        expect((await ended).lines).toEqual(["timeout"]);
      } else {
        const page = await knock(redirectUri, callback(), { headers: ["Connection: keep-alive"] });
        expect(page.status).toBe(ending === "success" ? 200 : 400);
        expect(Buffer.byteLength(page.body)).toBe(Number(page.headers.get("content-length")));
      }
      expect((await ended).code).toBe(0);
      await Promise.all(gone);
      keepAlive.destroy();
      expect(await isClosed(redirectUri)).toBe(true);
    },
  );

  it("LB-17 signs in beside another one, and neither takes the other's answer", async () => {
    const [one, two] = await Promise.all([start("success", `${STATE}-one`), start("success", `${STATE}-two`)]);
    expect(one.redirectUri).not.toBe(two.redirectUri);
    expect((await knock(one.redirectUri, callback({ code: "two", state: two.state }))).status).toBe(400);
    expect((await knock(two.redirectUri, callback({ code: "one", state: one.state }))).status).toBe(400);
    const pages = await Promise.all(
      [one, two].map(({ redirectUri, state }) => knock(redirectUri, callback({ code: `${CODE}-${state}`, state }))),
    );
    expect(pages.map((page) => page.status)).toEqual([200, 200]);
    expect((await one.ended).lines).toEqual([`code ${CODE}-${one.state}`]);
    expect((await two.ended).lines).toEqual([`code ${CODE}-${two.state}`]);
  });
});
