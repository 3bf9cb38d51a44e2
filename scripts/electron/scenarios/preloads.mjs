/** Windows whose preload script is missing or fails, and windows that are there before they are served. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../world.mjs";

const CAUSES = ["webPreferences.preload", "contextIsolation", "window.open", "exposeTokens once", "preload-error"];

function mustNameCauses(message) {
  for (const cause of CAUSES) must(message?.includes(cause), `The error does not name ${cause}`, message);
}

export const PRELOADS = [
  {
    name: "EL-05 no bridge",
    says: "no preload script, contextIsolation off: the error names each cause; exposeTokens twice: preload-error",
    run: async (world) => {
      const { none, notIsolated, twice } = await world.play("missingBridges");
      mustNameCauses(none.message);
      mustNameCauses(notIsolated.message);
      must(/contextIsolation/.test(notIsolated.faults[0]), "preload-error says something else", notIsolated.faults);
      must(/existing property/.test(twice.faults[0]), "preload-error says something else", twice.faults);
      must(twice.value === "served", "The first of two calls does not count", twice);
    },
  },
  {
    name: "EL-05 window.open",
    says: "a window that a page opens: without a preload script of its own the error names the cause, with it it works",
    run: async (world) => {
      const { inherited, overridden } = await world.play("openedByPage");
      mustNameCauses(inherited);
      must(overridden === "served", "The preload script of overrideBrowserWindowOptions does not work", overridden);
    },
  },
  {
    name: "EL-07 late",
    says: "a window that only listens, before serveTokens: it is told of the session once it is served",
    run: async (world) => {
      const { before, told } = await world.play("serveLate", { env: { APP: "own", MODE: "late" } });
      must(before.length === 0 && told.join() === "restored,signed_out,", "Told otherwise", { before, told });
    },
  },
  {
    name: "EL-07 net.fetch",
    says: "fetch: net.fetch: login, renewal and sign-out go through Chromium's network",
    run: async (world) => {
      const { requests, revocation } = await world.play("byNetFetch", { env: { APP: "own", MODE: "net" } });
      must(requests >= 4 && revocation === "done", "It went otherwise", { requests, revocation });
    },
  },
  {
    name: "EL-07 no browser",
    says: "shell.openExternal resolves where xdg-open finds no browser: nothing tells the program",
    run: async (world) => {
      const home = world.home();
      const bin = join(home, "bin");
      mkdirSync(bin);
      writeFileSync(join(bin, "xdg-open"), "#!/bin/sh\nexit 3\n");
      chmodSync(join(bin, "xdg-open"), 0o755);
      const env = { BROWSER_OF: "system", PATH: `${bin}:${process.env.PATH}` };
      const { outcome } = await world.play("openNothing", { home, env });
      must(outcome === "resolves", "Electron has become better: docs/electron.md and the sample can say so", outcome);
    },
  },
  {
    name: "EL-07 address",
    says: "the sample offers the address beside the browser, copies it, and takes it back after the login",
    run: async (world) => {
      const { boxes, responses } = await world.play("copyAddress");
      must(boxes.length === 1 && responses.join() === "0", "It went otherwise", { boxes, responses });
    },
  },
];
