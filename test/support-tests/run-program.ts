/** Runs a module text in a process of its own, with this project's TypeScript loadable by `load("test/…/x.ts")`. */
import { spawn } from "node:child_process";
import { once } from "node:events";

const root = new URL("../../", import.meta.url).pathname;
const prelude = `
  import { createServer } from "vite";
  const vite = await createServer({ server: { middlewareMode: true, watch: null, ws: false }, appType: "custom", logLevel: "error", configFile: false, optimizeDeps: { noDiscovery: true } });
  const load = (path) => vite.ssrLoadModule(${JSON.stringify(root)} + path);
`;

/** What the process wrote to both streams, and its exit code. The program closes `vite` when it has loaded what it needs. */
export async function runProgram(program: string): Promise<{ output: string; code: unknown }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", prelude + program], { cwd: root });
  let output = "";
  const keep = (piece: Buffer): void => {
    output += piece.toString("utf8");
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const [code] = await once(child, "close");
  return { output, code };
}
