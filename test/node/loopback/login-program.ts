/** A program of its own that runs one loopback login to its end, for tests of what keeps a process alive. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { STATE } from "./knock.js";

const root = new URL("../../../", import.meta.url).pathname;
const program = `
  import { createServer } from "vite";
  const vite = await createServer({ server: { middlewareMode: true, watch: null, ws: false }, appType: "custom", logLevel: "error", configFile: false, optimizeDeps: { noDiscovery: true } });
  const load = (path) => vite.ssrLoadModule(${JSON.stringify(root)} + path);
  const { LoopbackAgent } = await load("src/node/loopback/agent.ts");
  const { productPage } = await load("src/node/pages/page-handlers.ts");
  const { TimeoutError } = await load("src/errors.ts");
  const [state, ending] = process.argv.slice(-2);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const agent = new LoopbackAgent({ loopback: { host: "127.0.0.1", ports: [0], path: "" }, pages: productPage({ product: "P" }), show: async () => {}, log });
  const controller = new AbortController();
  const { redirectUri } = await agent.prepare(controller.signal);
  const waiting = agent.authorize({ url: "https://id.example/", state, silent: false }, controller.signal);
  console.log("at " + redirectUri);
  process.stdin.once("data", () => controller.abort(new TimeoutError("Nobody came back.")));
  process.stdin.unref();
  const error = new TimeoutError("Late.");
  try {
    const response = await waiting;
    console.log("code " + response.get("code"));
    await agent.settle(ending === "failure" ? { ok: false, error } : { ok: true, getAccessToken: async () => "t" });
  } catch (reason) {
    console.log(reason.code);
    await agent.settle({ ok: false, error: reason });
  }
  await agent.close();
  process.stdin.destroy();
  await vite.close();
`;

/** The program while it runs. */
export interface LoginProgram {
  readonly child: ChildProcess;
  readonly redirectUri: string;
  readonly state: string;
  /** What it printed after the redirect URI, and its exit code. */
  readonly ended: Promise<{ lines: readonly string[]; code: number | null }>;
}

export async function startLogin(ending: "success" | "failure" | "timeout", state = STATE): Promise<LoginProgram> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, "--", state, ending], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const first = once(reader, "line");
  reader.on("line", (line: string) => lines.push(line));
  const ended = once(child, "close").then(([code]) => ({ lines: lines.slice(1), code: code as number | null }));
  const [line] = (await first) as [string];
  return { child, redirectUri: line.slice("at ".length), state, ended };
}
