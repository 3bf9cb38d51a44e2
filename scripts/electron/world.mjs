/** What the scenarios share: the provider, the two programs, a screen, a person with a browser of their own. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { support } from "../demo/prepare.mjs";
import { startApp } from "./run.mjs";

/** @throws where it is not so */
export function must(isTrue, what, seen) {
  if (!isTrue) throw new Error(`${what}${seen === undefined ? "" : `: ${JSON.stringify(seen)}`}`);
}

export class World {
  versions;
  #runs = new Set();

  constructor({ provider, programs, pictures, startRealProvider, display, directory }) {
    Object.assign(this, { provider, programs, pictures, startRealProvider });
    this.display = display;
    this.directory = directory;
  }

  /** A new folder that stands in for a user's home. */
  home() {
    return mkdtempSync(join(this.directory, "home-"));
  }

  /** Starts the application. The person signs in as `login_hint` says, else as alice; `nobody` does not sign in. */
  open({ program = this.programs.files, provider = this.provider, home = this.home(), ...settings }) {
    const visit = async (url) => {
      const login = new URL(url).searchParams.get("login_hint") ?? "alice";
      if (login === "nobody") return;
      const { signInOverHttp } = await support("scripted-user");
      await signInOverHttp(url, { login });
    };
    const run = startApp({ program, home, visit, issuer: provider.issuer, display: this.display, ...settings });
    this.#runs.add(run);
    void run.ended.then(() => this.#runs.delete(run));
    return Object.assign(run, { home });
  }

  /** Starts the application, and gives all that it told once it has ended well. */
  async play(play, settings = {}) {
    const run = this.open({ play, ...settings });
    const told = await run.end();
    return { ...told, opened: run.opened, home: run.home };
  }

  /** Ends what a scenario that failed has left. */
  async endAll() {
    for (const run of this.#runs) run.kill();
    await Promise.all([...this.#runs].map(({ ended }) => ended));
  }
}
