/** The command, run as a script runs it, with the settings of the demo's client as options. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { settingsOf } from "./native-client.mjs";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** Runs `keystone-auth NAME` to its end; what `environment` holds counts where it is not set. */
export function runCommand(name, options, more = [], environment = {}) {
  const settings = [...settingsOf(options), "--min-validity", String(options.minValiditySeconds), "--non-interactive"];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, name, ...settings, ...more], {
      env: { ...environment, ...process.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (part) => (output[stream] += part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}
