import { once } from "node:events";
import { createConnection } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Exchange, type FakeProvider, type Hook, startFakeProvider, visit } from "../support/fake-provider.js";
import { expiredCertificate, selfSignedCertificate, wrongHostCertificate } from "../support/test-certificates.js";
import { PlainEngine } from "./plain-engine.js";
import { runProgram } from "./run-program.js";

let provider: FakeProvider;
beforeEach(async () => {
  provider = await startFakeProvider({ alg: "ES256" });
});
afterEach(() => provider.close());

/** What a client sees of the answer, byte for byte, and how the connection ended. */
async function raw(path = new URL(provider.url("userinfo")).pathname): Promise<{ text: string; error?: string }> {
  const socket = createConnection(provider.port, "127.0.0.1");
  let text = "";
  let error: string | undefined;
  socket.setEncoding("latin1").on("data", (piece: string) => {
    text += piece;
  });
  socket.on("error", (cause: NodeJS.ErrnoException) => {
    error = cause.code;
  });
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`);
  await new Promise((resolve) => socket.on("close", resolve));
  return error === undefined ? { text } : { text, error };
}

describe("what hooks may answer", () => {
  it("lets a hook see the request, alter the correct answer, and be removed", async () => {
    const seen: string[] = [];
    const remove = provider.on("discovery", async (exchange) => {
      seen.push(`${exchange.request.method} ${exchange.headers.host}`);
      const answer = await exchange.next();
      answer.json.issuer += "/wrong";
      return answer;
    });
    await expect(PlainEngine.discover(provider.issuer)).rejects.toThrow();
    expect(seen).toEqual([`GET 127.0.0.1:${provider.port}`]);
    remove();
    expect((await PlainEngine.discover(provider.issuer)).as.issuer).toBe(provider.issuer);
  });

  it("runs once-only hooks one a request in their order, also for requests at the same moment", async () => {
    for (const status of [501, 502]) provider.once("jwks", () => ({ status }));
    const answers = await Promise.all([1, 2, 3].map(async () => (await fetch(provider.url("jwks"))).status));
    expect(answers.sort((a, b) => a - b)).toEqual([200, 501, 502]);
  });

  it("runs the newest hook first, whose next() is the older one, and reset() removes all", async () => {
    provider.on("jwks", () => ({ status: 200, json: { by: "older" } }));
    provider.on("jwks", async (exchange) => ({ status: 203, json: [(await exchange.next()).json.by, "newer"] }));
    const answer = await fetch(provider.url("jwks"));
    expect([answer.status, await answer.json()]).toEqual([203, ["older", "newer"]]);
    provider.metadata.token_endpoint = undefined;
    provider.reset();
    expect(await (await fetch(provider.url("jwks"))).json()).toHaveProperty("keys");
    expect(await (await fetch(provider.url("discovery"))).json()).toHaveProperty("token_endpoint");
  });

  it("takes raw answers: status, headers, body; and a content type of null is none at all", async () => {
    provider.once("token", () => ({ status: 418, headers: { "x-a": "b", "content-type": "text/json" }, body: "raw" }));
    const first = await fetch(provider.url("token"), { method: "POST" });
    expect([first.status, first.headers.get("x-a"), await first.text()]).toEqual([418, "b", "raw"]);
    provider.once("token", () => ({ status: 200, headers: { "content-type": null }, json: { a: 1 } }));
    const second = await fetch(provider.url("token"), { method: "POST" });
    expect([second.headers.get("content-type"), await second.json()]).toEqual([null, { a: 1 }]);
  });

  it("answers with pages, redirects and OAuth errors", async () => {
    provider.once("token", (exchange) => exchange.html(503, "<h1>Portal</h1>"));
    provider.once("token", (exchange) => exchange.redirect("http://127.0.0.1:9/x", 307));
    provider.once("token", (exchange) => exchange.error("slow_down", "later", 429));
    const post = () => fetch(provider.url("token"), { method: "POST", redirect: "manual" });
    const page = await post();
    expect([page.status, page.headers.get("content-type")]).toEqual([503, "text/html; charset=utf-8"]);
    const moved = await post();
    expect([moved.status, moved.headers.get("location")]).toEqual([307, "http://127.0.0.1:9/x"]);
    const refused = await post();
    expect([refused.status, await refused.json()]).toEqual([429, { error: "slow_down", error_description: "later" }]);
  });

  it("keeps what a hook threw, answers 500, and tells of it at close", async () => {
    const failing = await startFakeProvider({ alg: "ES256" });
    failing.on("jwks", () => {
      throw new Error("expected otherwise");
    });
    expect((await fetch(failing.url("jwks"))).status).toBe(500);
    await expect(failing.close()).rejects.toThrow("expected otherwise");
  });
});

describe("what hooks may do to the connection", () => {
  const faults: [string, (exchange: Exchange) => ReturnType<Hook>, RegExp, string | undefined][] = [
    ["reset", (exchange) => exchange.reset(), /^$/, "ECONNRESET"],
    ["endEarly", (exchange) => exchange.endEarly('{"a":'), /content-length: 105\r\n[\s\S]*\r\n\r\n\{"a":$/, undefined],
    [
      "trickle",
      (exchange) => exchange.trickle('{"a":1}', 3, 1),
      /\r\n3\r\n\{"a\r\n3\r\n":1\r\n1\r\n\}\r\n0\r\n\r\n$/,
      undefined,
    ],
  ];
  for (const [name, hook, expected, error] of faults) {
    it(`does ${name} as a client sees it on the wire, also where the hook forgets to return it`, async () => {
      provider.once("userinfo", hook);
      provider.once("userinfo", (exchange) => void hook(exchange));
      for (let run = 0; run < 2; run += 1) {
        const result = await raw();
        expect(result.text).toMatch(expected);
        expect(result.error).toBe(error);
      }
    });
  }

  it("sends exactly as many bytes as huge() was told", async () => {
    provider.once("jwks", (exchange) => exchange.huge(3_000_001));
    const text = await (await fetch(provider.url("jwks"))).text();
    expect(text.length).toBe(3_000_001);
    expect(JSON.parse(text).padding).toHaveLength(3_000_001 - 14);
  });

  it("stops a huge answer when the client leaves", async () => {
    const gone = new Promise<void>((resolve) => {
      provider.once("jwks", (exchange) => {
        void exchange.clientGone.then(resolve);
        return exchange.huge(10 ** 12);
      });
    });
    const response = await fetch(provider.url("jwks"));
    await response.body?.cancel();
    await gone;
  });

  it("hangs, or stalls after the headers, until the client leaves", async () => {
    for (const stall of [false, true]) {
      let left: Promise<void> | undefined;
      provider.once("userinfo", (exchange) => {
        left = exchange.clientGone;
        return stall ? exchange.stallAfterHeaders() : exchange.hang();
      });
      const controller = new AbortController();
      const arrived = provider.ledger.waitFor("userinfo", stall ? 2 : 1);
      const answer = fetch(provider.url("userinfo"), { signal: controller.signal });
      await arrived;
      if (stall) expect((await answer).status).toBe(200);
      const end = stall ? answer.then((response) => response.text()) : answer;
      controller.abort();
      await expect(end).rejects.toMatchObject({ name: "AbortError" });
      await left;
    }
  });

  it("loses the answer to a refresh that was carried out, so that the token is used up", async () => {
    const engine = await PlainEngine.discover(provider.issuer);
    const walk = async (url: URL) => (await provider.authorize(url, { follow: false })).callbackUrl;
    const { refresh_token } = await engine.signIn("openid offline_access", walk);
    provider.once("token", async (exchange) => {
      await exchange.next();
      return exchange.reset();
    });
    await expect(engine.refresh(refresh_token)).rejects.toThrow();
    expect(provider.sessionAlive()).toBe(true);
    await expect(engine.refresh(refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  });
});

describe("the end", () => {
  it("leaves nothing behind that keeps the process alive", async () => {
    const result = await runProgram(`
      const { startFakeProvider } = await load("test/support/fake-provider.ts");
      const provider = await startFakeProvider({ alg: "ES256" });
      await vite.close();
      provider.on("jwks", (exchange) => exchange.hang());
      provider.on("token", (exchange) => exchange.trickle("x".repeat(1000), 1, 1000));
      for (const name of ["jwks", "token"]) fetch(provider.url(name)).then((r) => r.text()).catch(() => {});
      await Promise.all([provider.ledger.waitFor("jwks"), provider.ledger.waitFor("token")]);
      await provider.close();
      console.log("closed");
    `);
    expect(result).toEqual({ output: "closed\n", code: 0 });
  }, 20_000);
});

describe("over TLS", () => {
  const certificates = { selfSignedCertificate, wrongHostCertificate, expiredCertificate };
  const codes = ["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED"];
  for (const [index, [name, tls]] of Object.entries(certificates).entries()) {
    it(`serves https with the ${name}, which a client refuses for its fault alone`, async () => {
      await using secure = await startFakeProvider({ alg: "ES256", tls });
      expect(secure.issuer).toMatch(/^https:/);
      expect((await visit(secure.url("discovery"))).status).toBe(200);
      // The first is refused for want of trust; the others are trusted, and refused for what is wrong with them.
      const ca = index === 0 ? undefined : tls.cert;
      const socket = connectTls({ host: "127.0.0.1", port: secure.port, ca });
      const [error] = await once(socket, "error").catch((fault: unknown) => [fault]);
      expect(error).toMatchObject({ code: codes[index] });
      secure.once("jwks", (exchange) => exchange.reset());
      await expect(visit(secure.url("jwks"))).rejects.toMatchObject({ code: "ECONNRESET" });
    });
  }
});
