/** The command, run as a script runs it, with the settings of the demo's client as options. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

function settingsOf({ issuer, clientId, extraScopes, audiences, storageDirectory, minValiditySeconds }) {
  const lists = ["--scope", extraScopes.join(" "), "--audience", audiences.join(" ")];
  const given = ["--issuer", issuer, "--client-id", clientId, ...lists, "--storage-directory", storageDirectory];
  return [...given, "--min-validity", String(minValiditySeconds), "--allow-insecure-loopback", "--non-interactive"];
}

/** Runs `keystone-auth NAME` to its end. */
export function runCommand(name, options, more = []) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, name, ...settingsOf(options), ...more], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (part) => (output[stream] += part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}
