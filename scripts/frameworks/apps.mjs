/** How each app is checked and built. The settings go in as they do in each framework: by the environment. */
import { join } from "node:path";
import { run } from "./processes.mjs";

const bin = (name, path) => join("node_modules", name, path);
const node = async (args, environment) => await run(process.execPath, args, { environment });

const tsc = async (app) => await node([bin("typescript", "bin/tsc"), "-p", `apps/${app}`]);
const vueTsc = async (app) => await node([bin("vue-tsc", "bin/vue-tsc.js"), "-p", `apps/${app}`]);

/** A build by Vite; in a development build React checks itself, and mounts all twice. */
const vite =
  (app, check, mode = "production") =>
  async ({ issuer, api }) => {
    await check(app);
    const out = join("..", "..", "build", mode === "production" ? app : `${app}-${mode}`);
    const environment = { VITE_ISSUER: issuer, VITE_CLIENT_ID: "spa", VITE_API: api, NODE_ENV: mode };
    const args = ["build", `apps/${app}`, "--mode", mode, "--outDir", out, "--emptyOutDir", "--logLevel", "error"];
    await node([bin("vite", "bin/vite.js"), ...args], environment);
  };

const builds = {
  vue: vite("vue", vueTsc),
  "react-router": vite("react-router", tsc),
  "react-router-development": vite("react-router", tsc, "development"),
  tanstack: vite("tanstack", tsc),
  wouter: vite("wouter", tsc),
};

/** Rejects with the output of what failed. */
export const buildApp = async (app, settings) => await builds[app](settings);
