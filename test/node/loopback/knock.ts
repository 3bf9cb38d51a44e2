/** Real sockets against a loopback agent: raw requests as they are, and the agent in a state to be tested. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { LoopbackAgent, type LoopbackAgentOptions } from "../../../src/node/loopback/agent.js";
import { productPage } from "../../../src/node/pages/page-handlers.js";
import { CollectLog } from "../../support/collect-log.js";

export const STATE = "state-0123456789abcdefghijklmnopqrstuvwxyz";
export const CODE = "code-zyxwvutsrqponmlkjihgfedcba9876543210";

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection that may stay open. */
export async function open(redirectUri: string): Promise<Socket> {
  const { hostname, port } = new URL(redirectUri);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Everything until the other side ends. */
export async function readAll(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  if (!socket.closed) await once(socket, "close").catch(() => {});
  return Buffer.concat(pieces).toString("utf8");
}

export function parseAnswer(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  return { status: Number(first.split(" ")[1] ?? 0), headers, body: rest.join("\r\n\r\n") };
}

/** Sends one request, byte for byte, and gives the answer; status 0 where there was none. */
export async function knock(
  redirectUri: string,
  target: string,
  options: { method?: string; host?: string; headers?: readonly string[] } = {},
): Promise<Answer> {
  const socket = await open(redirectUri);
  const lines = [
    `${options.method ?? "GET"} ${target} HTTP/1.1`,
    `Host: ${options.host ?? new URL(redirectUri).host}`,
    ...(options.headers ?? []),
  ];
  const answer = readAll(socket);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return parseAnswer(await answer);
}

/** The target of a callback. */
export function callback(parameters: Record<string, string> = { code: CODE, state: STATE }, path = "/"): string {
  return `${path}?${new URLSearchParams(parameters).toString()}`;
}

/** Whether nothing listens at the redirect URI any more. */
export async function isClosed(redirectUri: string): Promise<boolean> {
  try {
    const { hostname, port } = new URL(redirectUri);
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
    await once(socket, "connect");
    socket.destroy();
    return false;
  } catch {
    return true;
  }
}

/** An agent with defaults, and what it logged. */
export function createAgent(options: Partial<LoopbackAgentOptions> = {}): { agent: LoopbackAgent; log: CollectLog } {
  const log = new CollectLog();
  const agent = new LoopbackAgent({
    loopback: { host: "127.0.0.1", ports: [0], path: "" },
    pages: productPage({ product: "Prizm", version: "2.4" }),
    show: async () => {},
    log,
    ...options,
  });
  return { agent, log };
}

/** An agent that waits for its callback. */
export async function waitingAgent(options: Partial<LoopbackAgentOptions> = {}, signal = new AbortController().signal) {
  const made = createAgent(options);
  const { redirectUri } = await made.agent.prepare(signal);
  const response = made.agent.authorize(
    { url: `https://id.example/authorize?state=${STATE}`, state: STATE, silent: false },
    signal,
  );
  response.catch(() => {});
  return { ...made, redirectUri, response };
}

export const SUCCESS = { ok: true, getAccessToken: async () => "access-token-of-the-login" } as const;
