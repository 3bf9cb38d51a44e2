/** One run of the application: what it tells, the person's browser outside of it, and how it ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const LIMIT_MS = 45_000;
/** How long a process may take after Electron's last event. */
const AFTER_QUIT_MS = 5_000;
const FLAGS = ["--no-sandbox", "--disable-gpu"];
/** Of the surroundings of this script: they would decide which keychain is found, and whether anybody watches. */
const NOT_TO_BE_SEEN = ["CI", "DBUS_SESSION_BUS_ADDRESS", "ELECTRON_RUN_AS_NODE", "XDG_RUNTIME_DIR", "BROWSER"];

export class Run {
  /** What it has told, oldest first. */
  told = [];
  /** The addresses that it wanted to be opened. */
  opened = [];
  stderr = "";
  #listeners = new Set();
  #fault;

  constructor(command, env, visit) {
    const [program, ...args] = command;
    this.child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = once(this.child, "close").then(([code, signal]) => ({ code, signal }));
    this.ended.then(
      () => this.#wake(),
      () => {},
    );
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    createInterface({ input: this.child.stdout }).on("line", (line) => this.#read(line, visit));
  }

  /** Waits until it has told something of the name, and gives the value. */
  async tells(name) {
    const find = () => this.told.find((each) => name in each)?.[name];
    const isOver = () => find() !== undefined || this.#fault !== undefined || this.child.exitCode !== null;
    const waiting = new Promise((resolve) => {
      const look = () => isOver() && resolve();
      this.#listeners.add(look);
      look();
    });
    await this.#withinLimit(waiting, `tells ${name}`);
    if (find() === undefined) throw this.#explain(`ended without telling ${name}`);
    return find();
  }

  /** Waits for the end of a play that went well, and gives all that it told. */
  async end() {
    const { code, signal } = await this.#withinLimit(Promise.race([this.ended, this.#stays()]), "ends");
    if (this.#fault || code !== 0) throw this.#explain(`ended with ${code ?? signal}`);
    return Object.assign({}, ...this.told);
  }

  /**
   * About one run in sixty of Electron 25.1.1 stays after "quit", which is its last event: all of the application has ended then, and
   * nobody waits for anything. The process is ended here, and counts by the code that it quit with.
   */
  async #stays() {
    const code = await this.#quits();
    await sleep(AFTER_QUIT_MS, undefined, { ref: false });
    this.kill();
    return { code };
  }

  kill(signal = "SIGKILL") {
    this.child.kill(signal);
  }

  #quits() {
    return new Promise((resolve) => {
      this.#listeners.add(() => {
        const quit = this.told.find((each) => "quit" in each);
        if (quit) resolve(quit.quit);
      });
    });
  }

  #read(line, visit) {
    if (!line.startsWith("@@")) return;
    const what = JSON.parse(line.slice(2));
    if (what.failed) this.#fault = what.failed;
    if (what.browser) {
      this.opened.push(what.browser);
      visit(what.browser).catch((error) => (this.#fault = `the person's browser: ${error.stack}`));
    }
    this.told.push(what);
    this.#wake();
  }

  #wake() {
    for (const look of this.#listeners) look();
  }

  #explain(what) {
    // Chromium misses a desktop around it.
    const lines = this.stderr.split("\n").filter((line) => line !== "" && !/:ERROR:bus\.cc/.test(line));
    const last = `It told last: ${JSON.stringify(this.told.at(-1) ?? "nothing")}`;
    return new Error([`The app ${what}.`, this.#fault ?? last, ...lines.slice(-15)].join("\n"));
  }

  async #withinLimit(work, what) {
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        this.kill();
        reject(this.#explain(`was to be seen that it ${what}, for ${LIMIT_MS / 1000} s`));
      }, LIMIT_MS);
    });
    return await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }
}

/** Starts the application with the play. `home` is a folder of the test's own, which stands in for the user's. */
export function startApp({ program, play, home, issuer, display, visit, wrap = [], flags = [], ...settings }) {
  const env = { ...process.env };
  for (const name of NOT_TO_BE_SEEN) delete env[name];
  const runtime = join(home, "run");
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  Object.assign(env, {
    PLAY: play,
    ISSUER: issuer,
    CLIENT_ID: "native",
    DISPLAY: display,
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_RUNTIME_DIR: runtime,
    CEGAL_KEYSTONE_AUTH_DIR: join(home, "tokens"),
    ...settings.env,
  });
  return new Run([...wrap, program, ...FLAGS, ...flags], env, visit);
}
