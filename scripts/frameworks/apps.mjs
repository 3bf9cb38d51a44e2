/** How each app is checked and built. The settings go in as they do in each framework: by the environment. */
import { join } from "node:path";
import { place, run } from "./processes.mjs";

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

/** The names that SvelteKit and Next give to what a page may know. */
const environmentOf = (prefix, { issuer, api }) => ({
  [`${prefix}_ISSUER`]: issuer,
  [`${prefix}_CLIENT_ID`]: "spa",
  [`${prefix}_API`]: api,
});

async function angular({ issuer, api }) {
  const constants = { ISSUER: issuer, CLIENT_ID: "spa", API: api };
  const define = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)]));
  await node([join("apps", "build-angular.mjs"), JSON.stringify({ define })]);
}

const sveltekit = (app) => async (settings) => {
  const cwd = join(place, "apps", app);
  const environment = environmentOf("PUBLIC", settings);
  const program = async (name, path, ...args) =>
    await run(process.execPath, [join(place, bin(name, path)), ...args], { cwd, environment });
  await program("@sveltejs/kit", "svelte-kit.js", "sync");
  await program("svelte-check", "bin/svelte-check");
  await program("vite", "bin/vite.js", "build", "--logLevel", "error");
};

/** It checks types by itself. */
const next = async (settings) =>
  await node([bin("next", "dist/bin/next"), "build", "apps/next"], {
    ...environmentOf("NEXT_PUBLIC", settings),
    NEXT_TELEMETRY_DISABLED: "1",
  });

const builds = {
  angular,
  next,
  "sveltekit-spa": sveltekit("sveltekit-spa"),
  "sveltekit-server": sveltekit("sveltekit-server"),
  vue: vite("vue", vueTsc),
  "react-router": vite("react-router", tsc),
  "react-router-development": vite("react-router", tsc, "development"),
  tanstack: vite("tanstack", tsc),
  wouter: vite("wouter", tsc),
};

/** Rejects with the output of what failed. */
export const buildApp = async (app, settings) => await builds[app](settings);
