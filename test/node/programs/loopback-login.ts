/** One login over a loopback port, and nothing else: prints the redirect URI, and must end by itself. */
import { createLog } from "../../../src/options/log.js";
import { LoopbackAgent } from "../../../src/node/loopback/agent.js";
import { productPage } from "../../../src/node/pages/page-handlers.js";

const [ending, state = ""] = process.argv.slice(2);
const controller = new AbortController();
const agent = new LoopbackAgent({
  loopback: { host: "127.0.0.1", ports: [0], path: "" },
  pages: productPage({ product: "Prizm" }),
  show: () => Promise.resolve(),
  log: createLog(undefined),
});
const { redirectUri } = await agent.prepare(controller.signal);
const arrived = agent.authorize({ url: "https://provider.example/", state, silent: false }, controller.signal);
console.log(redirectUri);
if (ending === "abort") process.stdin.once("data", () => controller.abort(new Error("enough")));
try {
  await arrived;
  await agent.settle({ ok: true, getAccessToken: () => Promise.resolve("token") });
} catch {
  process.stdin.destroy();
}
await agent.close();
