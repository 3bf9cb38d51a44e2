/** WebKitGTK, driven by the WebDriver protocol (W3C WebDriver 2) on a display of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { type BrowserDriver, FORGET, FORGET_TAB, type Profile, SPARE_TABS, type Tab, until } from "./driver.js";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One session of the driver. Commands go to the window that was chosen last, so that they take turns. */
class Session {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly base: string) {}

  async command<T>(method: string, path: string, body?: object): Promise<T> {
    const init = {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    };
    const response = await fetch(this.base + path, { ...init, signal: AbortSignal.timeout(60_000) });
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Several commands that belong together. */
  together<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

class WebDriverTab implements Tab {
  constructor(
    private readonly session: Session,
    private readonly handle: string,
  ) {}

  goto(url: string): Promise<void> {
    return this.#here(() => this.session.command("POST", "/url", { url }));
  }

  reload(): Promise<void> {
    return this.#here(() => this.session.command("POST", "/refresh", {}));
  }

  back(): Promise<void> {
    return this.#here(() => this.session.command("POST", "/back", {}));
  }

  url(): Promise<string> {
    return this.#here(() => this.session.command("GET", "/url"));
  }

  async run<T>(body: string, input?: unknown): Promise<T> {
    const script = `const [input, done] = arguments;
      (async () => { ${body} })().then((value) => done({ value: value ?? null }), (error) => done({ error: String(error) }));`;
    const end = await this.#here(() =>
      this.session.command<{ value?: T; error?: string }>("POST", "/execute/async", { script, args: [input ?? null] }),
    );
    if (end.error !== undefined) throw new Error(end.error);
    return end.value as T;
  }

  async click(body: string): Promise<void> {
    await this.run("document.getElementById('go').onclick = new Function(input);", body);
    await this.press("#go");
  }

  press(selector: string): Promise<void> {
    return this.#here(async () => {
      const using = { using: "css selector", value: selector };
      const element = await this.session.command<Record<string, string>>("POST", "/element", using);
      await this.session.command("POST", `/element/${element[ELEMENT]}/click`, {});
    });
  }

  close(): Promise<void> {
    return this.#here(() => this.session.command("DELETE", "/window"));
  }

  readonly isClosed = async () =>
    !(await this.session.together(() => this.session.command<string[]>("GET", "/window/handles"))).includes(
      this.handle,
    );

  #here<T>(work: () => Promise<T>): Promise<T> {
    return this.session.together(async () => {
      await this.session.command("POST", "/window", { handle: this.handle });
      return await work();
    });
  }
}

class WebDriverProfile implements Profile {
  /** Windows that were opened here, and not by a page. A session begins with one. */
  readonly #opened = new Set<string>();
  /** Those of them that earlier tests have left; they are clean. */
  #spare: string[];

  constructor(
    private readonly session: Session,
    first: string,
  ) {
    this.#opened.add(first);
    this.#spare = [first];
  }

  async open(url: string): Promise<Tab> {
    const tab = new WebDriverTab(this.session, this.#spare.shift() ?? (await this.#newWindow()));
    await tab.goto(url);
    return tab;
  }

  async nextTab(): Promise<Tab> {
    const before = await this.#handles();
    const find = async () => (await this.#handles()).find((handle) => !before.includes(handle));
    return new WebDriverTab(this.session, await until("a window opens", find));
  }

  async clean(...blanks: readonly string[]): Promise<void> {
    const used = (await this.#handles()).filter((handle) => !this.#spare.includes(handle));
    const kept = used.filter((handle) => this.#opened.has(handle)).slice(0, SPARE_TABS - this.#spare.length);
    const left = kept.length > 0 ? kept : [this.#spare.shift() ?? (await this.#newWindow())];
    for (const handle of used) if (!left.includes(handle)) await new WebDriverTab(this.session, handle).close();
    const tabs = left.map((handle) => new WebDriverTab(this.session, handle));
    for (const blank of blanks.toReversed()) {
      for (const tab of tabs) await tab.goto(blank);
      for (const tab of tabs) await tab.run(tab === tabs[0] ? FORGET : FORGET_TAB);
      // Those of the page that is shown.
      await this.session.together(() => this.session.command("DELETE", "/cookie"));
    }
    this.#spare.push(...left);
  }

  async close(): Promise<void> {
    await this.session.together(() => this.session.command("DELETE", ""));
  }

  #handles(): Promise<string[]> {
    return this.session.together(() => this.session.command("GET", "/window/handles"));
  }

  async #newWindow(): Promise<string> {
    const open = () => this.session.command<{ handle: string }>("POST", "/window/new", { type: "tab" });
    const { handle } = await this.session.together(open);
    this.#opened.add(handle);
    return handle;
  }
}

/** The browser that comes with the driver; it is not in PATH. */
function miniBrowser(): string | undefined {
  const folders = readdirSync("/usr/lib").flatMap((name) =>
    ["4.0", "4.1"].map((v) => `/usr/lib/${name}/webkit2gtk-${v}`),
  );
  return folders.map((folder) => `${folder}/MiniBrowser`).find((file) => existsSync(file));
}

function endGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

export async function launchWebKit(driver: string, xvfbRun: string): Promise<BrowserDriver> {
  const port = await freePort();
  // A group of its own: the display and the driver end together, and with these tests, however those end.
  const watched = ["-c", '"$@" & read -r end; kill -TERM 0', "sh", xvfbRun, "-a", driver, `--port=${port}`];
  const child = spawn("sh", watched, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const base = `http://127.0.0.1:${port}`;
  const options = { binary: miniBrowser(), args: ["--automation"] };
  const capabilities = { alwaysMatch: { browserName: "MiniBrowser", "webkitgtk:browserOptions": options } };
  await until("the driver answers", async () => (await fetch(`${base}/status`)).ok);
  return {
    name: "WebKitGTK",
    newProfile: async () => {
      const start = new Session(base);
      const { sessionId } = await start.command<{ sessionId: string }>("POST", "/session", { capabilities });
      const session = new Session(`${base}/session/${sessionId}`);
      await session.command("POST", "/timeouts", { script: 30_000, pageLoad: 30_000 });
      return new WebDriverProfile(session, await session.command("GET", "/window"));
    },
    close: async () => endGroup(child),
  };
}
