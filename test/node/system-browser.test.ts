import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openersOf, openSystemBrowser } from "../../src/node/system-browser.js";
import { compileForChildren } from "../support/compile.js";
import { startWatch } from "../support/watch.js";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "keystone-auth-browser-"));
  vi.stubEnv("DISPLAY", ":99");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** Makes an executable the browser of this process. It keeps its arguments and environment. */
function useBrowser(lines: string): { readonly path: string; seen(): string; environment(): string } {
  const path = join(directory, "browser");
  const [seen, environment] = [join(directory, "seen"), join(directory, "environment")];
  writeFileSync(path, `#!/bin/sh\nenv > '${environment}'\nprintf '%s\\n' "$@" > '${seen}'\n${lines}\n`);
  chmodSync(path, 0o700);
  vi.stubEnv("BROWSER", path);
  return { path, seen: () => readFileSync(seen, "utf8"), environment: () => readFileSync(environment, "utf8") };
}

const URL_TO_OPEN = "https://provider.example/authorize?client_id=prizm&state=a%20b&x='$(id)`id`\"|;&y=1";
/** As every URL that gets here is spelt. */
const SPELT = new URL(URL_TO_OPEN).href;

describe("the system's browser", () => {
  it("LG-09 gets the address as its only argument, and nothing of ours in its environment", async () => {
    const browser = useBrowser("exit 0");
    vi.stubEnv("KEYSTONE_AUTH_MARK", "of the program");
    await openSystemBrowser(URL_TO_OPEN);
    expect(browser.seen()).toBe(`${SPELT}\n`);
    const names = browser
      .environment()
      .split("\n")
      .map((line) => line.split("=")[0]);
    // What a shell and xdg-open add is theirs; everything else was there before.
    const added = names.filter(
      (name) => name && !(name in process.env) && /key|token|auth|oidc|code|verif|state/i.test(name),
    );
    expect(added).toEqual([]);
    expect(browser.environment()).not.toContain("client_id=prizm");
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ms-msdt:/id",
    "smb://host/x",
    "ftp://host/x",
    "httpsx://host",
    "",
    "-a",
    " /bin/sh",
    "/etc/passwd",
    "https://",
  ])('AU-06 never gets "%s"', async (url) => {
    const browser = useBrowser("exit 0");
    await expect(openSystemBrowser(url)).rejects.toMatchObject({ code: "environment" });
    expect(() => browser.seen()).toThrow();
  });

  it("AU-08 that fails is an EnvironmentError", async () => {
    useBrowser("exit 3");
    await expect(openSystemBrowser(URL_TO_OPEN)).rejects.toMatchObject({ code: "environment", sessionKept: true });
  });

  it("AU-08 that is missing is an EnvironmentError", async () => {
    vi.stubEnv("BROWSER", join(directory, "no-such-browser"));
    await expect(openSystemBrowser(URL_TO_OPEN)).rejects.toMatchObject({ code: "environment" });
  });

  it("AU-08 that hangs counts as opened", async () => {
    const browser = useBrowser(`echo $$ > '${directory}/pid'; exec sleep 60`);
    await openSystemBrowser(URL_TO_OPEN);
    expect(browser.seen()).toBe(`${SPELT}\n`);
    process.kill(Number(readFileSync(join(directory, "pid"), "utf8")), "SIGKILL");
  });

  it("says nothing of the address when it fails", async () => {
    useBrowser("exit 3");
    const watch = startWatch({ secrets: () => ["client_id=prizm", "a%20b"] });
    try {
      const error: unknown = await openSystemBrowser(URL_TO_OPEN).catch((reason: unknown) => reason);
      watch.expectClean([error]);
    } finally {
      watch.stop();
    }
  });

  it("writes nothing to our stdout and stderr, and does not keep the process alive when it hangs", async () => {
    useBrowser(`echo $$ > '${directory}/pid'; echo out; echo err >&2; exec sleep 60`);
    const module = `${await compileForChildren()}/src/node/system-browser.js`;
    const program = `import(${JSON.stringify(module)}).then(({ openSystemBrowser }) => openSystemBrowser("https://provider.example/"))`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece) => {
        output += String(piece);
      });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(output).toBe("");
    process.kill(Number(readFileSync(join(directory, "pid"), "utf8")), "SIGKILL");
  });

  it("goes on to the next command of BROWSER when one fails", async () => {
    const browser = useBrowser("exit 0");
    vi.stubEnv("BROWSER", `/bin/false:${join(directory, "no-such-browser")}:${browser.path} --new-window %s`);
    await openSystemBrowser(URL_TO_OPEN);
    expect(browser.seen()).toBe(`--new-window\n${SPELT}\n`);
  });

  it.each<[string | undefined, NodeJS.Platform, object[]]>([
    [undefined, "linux", [{}]],
    ["", "linux", [{}]],
    ["firefox", "linux", [{ command: "firefox", words: [] }]],
    [
      "firefox -P work:w3m",
      "linux",
      [
        { command: "firefox", words: ["-P", "work"] },
        { command: "w3m", words: [] },
      ],
    ],
    ["firefox %s", "linux", [{ command: "firefox", words: [] }]],
    ["open-it %s --fast", "linux", [{}]],
    ["firefox", "darwin", [{ command: "firefox", words: [] }]],
    ["firefox", "win32", [{}]],
    ["firefox", "freebsd", [{ command: "firefox", words: [] }]],
  ])("reads BROWSER=%s on %s", (value, platform, expected) => {
    expect(openersOf(value, platform)).toEqual(expected);
  });
});
