/** The operating system's keychain: a real gnome-keyring on a D-Bus session of its own, in whatever state it may be found. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, type TestContext, vi } from "vitest";
import { ensureBuilt, runProgram } from "../../packaging/built-package.js";
import { compileForChildren } from "../../support/compile.js";
import { startFakeProvider } from "../../support/fake-provider.js";
import { useScratchDirectories } from "../../support/scratch.js";

vi.setConfig({ testTimeout: 60_000 });
const scratch = useScratchDirectories();
let compiled: string;
beforeAll(async () => {
  compiled = await compileForChildren();
  await ensureBuilt();
}, 180_000);

const UNLOCKED = "printf PASSWORD | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
const LOCKED = "gnome-keyring-daemon --start --components=secrets >/dev/null";
/** The daemon is there and does not answer: stopped, as on a machine that swaps. */
const STOPPED = `${UNLOCKED}; for try in $(seq 100); do pid=$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets 2>/dev/null | grep -o '[0-9]*$') && break; sleep 0.1; done; kill -STOP $pid; trap 'kill -CONT $pid' EXIT`;

interface Answer {
  readonly results: readonly { readonly result?: unknown; readonly error?: Record<string, unknown> }[];
  readonly troubles: readonly Record<string, unknown>[];
}

/** A person's home with a keyring in it, and sessions of the desktop that come and go. */
class Desktop {
  readonly home = scratch();
  readonly directory = join(this.home, "tokens");
  readonly #environment: NodeJS.ProcessEnv;

  constructor() {
    const runtime = join(this.home, "run");
    mkdirSync(runtime, { mode: 0o700 });
    const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, ...rest } = process.env;
    this.#environment = { ...rest, HOME: this.home, XDG_RUNTIME_DIR: runtime };
  }

  /** Runs programs at once, in one session that begins with `begin`; gives what each prints. */
  async run(begin: string | undefined, program: string, ...args: readonly object[]): Promise<string[]> {
    const path = join(compiled, "test/node/programs", `${program}.js`);
    const commands = args.map(
      (arg, index) => `node ${path} '${JSON.stringify(arg)}' > ${this.home}/out.${index + 1} & `,
    );
    const script = `${begin ?? ":"}; ${commands.join("")} wait $(jobs -p)`;
    const shell = begin === undefined ? ["bash"] : ["dbus-run-session", "--", "bash"];
    const [command, ...rest] = [...shell, "-c", script.replaceAll("node ", `${process.execPath} `)];
    const child = spawn(command, rest, { env: this.#environment, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
    await new Promise((resolve) => child.once("close", resolve));
    const printed = args.map((_, index) => readFileSync(join(this.home, `out.${index + 1}`), "utf8").trim());
    if (printed.includes("")) throw new Error(`A program printed nothing: ${stderr}`);
    return printed;
  }

  async call(begin: string | undefined, calls: readonly unknown[], withoutKeychain = "fail"): Promise<Answer> {
    const [line = ""] = await this.run(begin, "encrypted-call", { directory: this.directory, withoutKeychain, calls });
    return JSON.parse(line) as Answer;
  }
}

const missing = ["dbus-run-session", "dbus-send", "gnome-keyring-daemon"].filter(
  (name) => spawnSync(name, ["--version"]).error !== undefined,
);
function needsKeyring(context: TestContext): void {
  if (missing.length > 0)
    context.skip(`there is no ${missing.join(" and no ")} here; as root on Debian "npm run browsers" installs them`);
}
const record = { version: 1, refreshToken: "a-secret-token" };

describe("With GNOME Keyring", () => {
  it("a record that one session wrote is read in the next, and its file shows nothing of it", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    expect(await desktop.call(UNLOCKED, [["put", "key", record]])).toEqual({ results: [{}], troubles: [] });
    expect(readFileSync(join(desktop.directory, "key.sealed"), "utf8")).not.toMatch(/secret|refresh/);
    const again = await desktop.call(UNLOCKED, [
      ["read", "key"],
      ["remove", "key"],
      ["read", "key"],
    ]);
    expect(again).toEqual({ results: [{ result: record }, {}, {}], troubles: [] });
  });

  it("FS-24 locked, it is a StorageError that may be tried again, also where memory is chosen for want of a keychain; unlocked, the record is there", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    await desktop.call(UNLOCKED, [["put", "key", record]]);
    const calls = [
      ["read", "key"],
      ["put", "key", {}],
    ];
    const { results, troubles } = await desktop.call(LOCKED, calls, "memory");
    expect(results).toMatchObject([{ error: { kind: "unavailable" } }, { error: { kind: "unavailable" } }]);
    expect(results[0]?.error?.message).toMatch(/could not be read.*Unlock the keychain/);
    expect(troubles).toEqual([]);
    expect(await desktop.call(UNLOCKED, [["read", "key"]])).toMatchObject({ results: [{ result: record }] });
  });

  it("FS-24 hanging, it is a StorageError and not 'no keychain'", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    const { results, troubles } = await desktop.call(STOPPED, [["read", "key"]], "memory");
    expect(results).toMatchObject([
      { error: { kind: "unavailable", message: expect.stringMatching(/could not be read/) } },
    ]);
    expect(troubles).toEqual([]);
  });

  it("FS-21 never set up, it counts as none: it takes no key", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    const { results, troubles } = await desktop.call(LOCKED, [["read", "key"]], "memory");
    expect(results).toEqual([{}]);
    expect(troubles).toMatchObject([{ kind: "unavailable", message: expect.stringMatching(/took no key.*in memory/) }]);
  });

  it("processes that start at once make one key, and read each other's records", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    const { directory } = desktop;
    const requests = [1, 2, 3].map((n) => ({ directory, calls: [["put", `key${n}`, { n }]] }));
    const answers = await desktop.run(UNLOCKED, "encrypted-call", ...requests);
    for (const line of answers) expect(JSON.parse(line)).toEqual({ results: [{}], troubles: [] });
    const keyIds = readdirSync(directory)
      .filter((name) => name.endsWith(".sealed"))
      .map((name) => (JSON.parse(readFileSync(join(directory, name), "utf8")) as { keyId: string }).keyId);
    expect(keyIds).toHaveLength(3);
    expect(new Set(keyIds).size).toBe(1);
    const all = await desktop.call(
      UNLOCKED,
      [1, 2, 3].map((n) => ["read", `key${n}`]),
    );
    expect(all.results).toEqual([1, 2, 3].map((n) => ({ result: { n } })));
  });

  it("a client signs in once; the next process gets the token, and no file holds a secret", async (context) => {
    needsKeyring(context);
    const desktop = new Desktop();
    const provider = await startFakeProvider();
    try {
      const options = {
        clientId: "prizm",
        issuer: provider.issuer,
        extraScopes: ["offline_access"],
        allowInsecureLoopback: true,
        storage: "encrypted-file",
        storageDirectory: desktop.directory,
      };
      const [token] = await desktop.run(UNLOCKED, "encrypted-client", options);
      const [same] = await desktop.run(UNLOCKED, "encrypted-client", { ...options, interaction: "never" });
      expect(same).toBe(token);
      expect(provider.ledger.count("token")).toBe(1);
      const files = readdirSync(desktop.directory);
      expect(files.map((name) => name.replace(/^s-[0-9a-f]+/, "s"))).toEqual(["s.sealed"]);
      const text = readFileSync(join(desktop.directory, files[0] as string), "utf8");
      for (const secret of provider.secrets()) expect(text).not.toContain(secret);
    } finally {
      await provider.close();
    }
  });
});

it("FS-21 Without the package @napi-rs/keyring a program says so, and what to install", async () => {
  const place = scratch();
  // Away from the project's node_modules, as a program that never installed it.
  cpSync(compiled, place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{"type":"module"}');
  const program = join(place, "test/node/programs/encrypted-call.js");
  const request = { directory: join(place, "tokens"), calls: [["read", "key"]] };
  const { stdout } = spawnSync(process.execPath, [program, JSON.stringify(request)], { encoding: "utf8" });
  const { results } = JSON.parse(stdout) as Answer;
  expect(results).toMatchObject([
    { error: { kind: "unavailable", message: expect.stringContaining("is not installed") } },
  ]);
});

const onLinux = process.platform === "linux";

it("FS-21 Without a D-Bus session calls fail, or are served from memory, or by plain files, as chosen and as told", async (context) => {
  if (!onLinux) context.skip("the keychain of this system needs no D-Bus");
  const desktop = new Desktop();
  const calls = [
    ["put", "key", record],
    ["read", "key"],
  ];
  const requests = ["fail", "memory", "plain-file"].map((withoutKeychain) => ({
    directory: join(desktop.home, withoutKeychain),
    withoutKeychain,
    calls,
  }));
  const lines = await desktop.run(undefined, "encrypted-call", ...requests);
  const [failed, memory, plain] = lines.map((line) => JSON.parse(line) as Answer);
  const served = [{}, { result: record }];
  expect(failed?.results).toMatchObject([{ error: { kind: "unavailable" } }, { error: { kind: "unavailable" } }]);
  expect(failed?.results[0]?.error?.message).toMatch(/no Secret Service on the D-Bus session bus.*withoutKeychain/);
  expect(failed?.troubles).toEqual([]);
  expect(memory?.results).toEqual(served);
  expect(memory?.troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("in memory") }]);
  expect(plain?.results).toEqual(served);
  expect(plain?.troubles).toMatchObject([{ kind: "unavailable", message: expect.stringContaining("unencrypted in") }]);
  expect(JSON.parse(readFileSync(join(desktop.home, "plain-file", "key.json"), "utf8"))).toEqual(record);
  expect(readdirSync(desktop.home).sort()).toEqual(["out.1", "out.2", "out.3", "plain-file", "run"]);
});

it.each([
  ["file", false],
  ["encrypted-file", true],
])("With storage %j a program loads the keychain's package: %j", async (storage, loads) => {
  const options = { clientId: "prizm", issuer: "https://id.example", interaction: "never", storage };
  const { stdout } = await runProgram(
    `const { OidcClient } = await import("keystone-auth/node");
    const client = new OidcClient({ ...${JSON.stringify(options)}, storageDirectory: ${JSON.stringify(scratch())} });
    await client.getAccessToken().catch(() => {});
    console.log(process.report.getReport().sharedObjects.some((file) => file.includes("keyring")));`,
    { env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: "" } },
  );
  expect(stdout.trim()).toBe(String(loads));
});
