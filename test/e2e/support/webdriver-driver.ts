/** WebKitGTK, driven by the WebDriver protocol (W3C WebDriver 2) on a display of its own. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { type BrowserDriver, FORGET, type Profile, type Tab, until } from "./driver.js";

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

  handles(): Promise<string[]> {
    return this.command("GET", "/window/handles");
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
    return this.#ofElement(selector, "click", {});
  }

  type(selector: string, text: string): Promise<void> {
    return this.#ofElement(selector, "value", { text });
  }

  #ofElement(selector: string, command: string, body: object): Promise<void> {
    return this.#here(async () => {
      const using = { using: "css selector", value: selector };
      const element = await this.session.command<Record<string, string>>("POST", "/element", using);
      await this.session.command("POST", `/element/${element[ELEMENT]}/${command}`, body);
    });
  }

  close(): Promise<void> {
    return this.#here(() => this.session.command("DELETE", "/window"));
  }

  readonly isClosed = async () => !(await this.session.together(() => this.session.handles())).includes(this.handle);

  #here<T>(work: () => Promise<T>): Promise<T> {
    return this.session.together(async () => {
      await this.session.command("POST", "/window", { handle: this.handle });
      return await work();
    });
  }
}

class WebDriverProfile implements Profile {
  /** A session begins with one window, and a test leaves one. */
  #hasSpare = true;

  constructor(private readonly session: Session) {}

  async open(url: string): Promise<Tab> {
    const handle = await this.session.together(async () => {
      if (this.#hasSpare) return (await this.session.handles())[0] as string;
      return (await this.session.command<{ handle: string }>("POST", "/window/new", { type: "window" })).handle;
    });
    this.#hasSpare = false;
    const tab = new WebDriverTab(this.session, handle);
    await tab.goto(url);
    return tab;
  }

  async nextTab(): Promise<Tab> {
    const handles = () => this.session.together(() => this.session.handles());
    const before = await handles();
    const find = async () => (await handles()).find((handle) => !before.includes(handle));
    return new WebDriverTab(this.session, await until("a window opens", find));
  }

  async clean(blank: string): Promise<void> {
    const [first, ...others] = await this.session.together(() => this.session.handles());
    for (const handle of others) await new WebDriverTab(this.session, handle).close();
    const tab = new WebDriverTab(this.session, first as string);
    await tab.goto(blank);
    await tab.run(FORGET);
    await this.session.together(() => this.session.command("DELETE", "/cookie"));
    this.#hasSpare = true;
  }

  async close(): Promise<void> {
    await this.session.together(() => this.session.command("DELETE", ""));
  }
}

/** The browser that comes with the driver; it is not in PATH. */
function miniBrowser(): string | undefined {
  const folders = readdirSync("/usr/lib").flatMap((name) =>
    ["4.0", "4.1"].map((v) => `/usr/lib/${name}/webkit2gtk-${v}`),
  );
  return folders.map((folder) => `${folder}/MiniBrowser`).find((file) => existsSync(file));
}

/** Runs a program until its stdin ends, which it does however this process ends, and then ends all that it has started. */
const UNTIL_END = '"$@" & cat > /dev/null; kill -TERM 0';

export async function launchWebKit(driver: string, xvfbRun: string): Promise<BrowserDriver> {
  const port = await freePort();
  const args = ["-c", UNTIL_END, "sh", xvfbRun, "-a", driver, `--port=${port}`];
  // A group of its own: the display and the driver end together.
  const child = spawn("/bin/sh", args, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
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
      return new WebDriverProfile(session);
    },
    close: async () => void child.stdin.end(),
  };
}
