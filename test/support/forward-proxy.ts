/** A forward proxy on loopback: CONNECT, and http addresses as a whole. It finds every host at 127.0.0.1. */
import { createServer, request as send } from "node:http";
import { connect, type Socket } from "node:net";
import { listenOnLoopback } from "./loopback-server.js";

export interface ForwardProxy {
  /** With a user name and a password. */
  readonly url: string;
  /** `id.corp.invalid:443` for each connection or request that it was asked for, oldest first. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The password of every proxy here. */
export const PROXY_PASSWORD = "CANARY-proxy-password";

const CREDENTIALS = `Basic ${Buffer.from(`erin:${PROXY_PASSWORD}`).toString("base64")}`;
const REFUSAL = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";

export async function startForwardProxy(): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { host, port, pathname, search } = new URL(request.url ?? "", "http://127.0.0.1");
    asked.push(host);
    const { method, headers } = request;
    const onward = send({ host: "127.0.0.1", port, path: pathname + search, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request, socket: Socket) => {
    if (request.headers["proxy-authorization"] !== CREDENTIALS) return void socket.end(REFUSAL);
    asked.push(request.url ?? "");
    const onward = connect({ host: "127.0.0.1", port: Number(request.url?.split(":").at(-1)) });
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on("error", () => {});
      each.on("close", () => {
        sockets.delete(each);
        socket.destroy();
        onward.destroy();
      });
    }
    onward.once("connect", () => socket.write("HTTP/1.1 200 Connection Established\r\n\r\n"));
    socket.pipe(onward).pipe(socket);
  });
  const { port, close } = await listenOnLoopback(server);
  return {
    url: `http://erin:${PROXY_PASSWORD}@127.0.0.1:${port}`,
    asked,
    close: async () => {
      for (const each of sockets) each.destroy();
      await close();
    },
  };
}
