import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT, exitCodeOf, failureOf } from "../../src/cli/failure.js";
import { AbortedError, NetworkError } from "../../src/errors.js";
import { cli, type RunOptions, useWorld } from "./command.js";

const theWorld = useWorld();
const quiet = ["--non-interactive"];

describe("The exit code", { timeout: 60_000 }, () => {
  it("is 0 for what was done, 2 for a command line that cannot be meant", async () => {
    const world = theWorld();
    const runs = [
      ["--json"],
      ["nope"],
      ["token", "word"],
      ["token", "--nope"],
      ["login", "--local"],
      ["token", "--issuer"],
    ];
    const ended = await Promise.all(runs.map((args) => world.run(args)));
    expect(ended.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(ended.map(({ stdout }) => stdout).join("")).toBe("");
    expect(ended.map(({ stderr }) => stderr.trimEnd())).toEqual([
      expect.stringContaining("A command is needed: login, import, token,"),
      expect.stringContaining("There is no such command: login,"),
      expect.stringContaining("takes no further words"),
      expect.stringContaining("There is no option --nope."),
      expect.stringContaining("--local is an option of logout, not of login."),
      expect.stringContaining("--issuer"),
    ]);
  });

  it("is 2 for a secret on the command line, which is not repeated", async () => {
    const world = theWorld();
    for (const args of [["--client-secret=CANARY"], ["--client-secret", "CANARY"], ["--password=CANARY"]]) {
      const { code, stderr } = await world.run(["token", ...args]);
      expect(code).toBe(2);
      expect(stderr).toContain("CEGAL_KEYSTONE_CLIENT_SECRET");
      expect(stderr).not.toContain("CANARY");
    }
  });

  it("is 3 where a sign-in is needed and not allowed, by option and by variable, also for login itself", async () => {
    const world = theWorld();
    expect((await world.run(["token", ...quiet])).code).toBe(3);
    const env = { CEGAL_KEYSTONE_NON_INTERACTIVE: "true" };
    expect((await world.run(["token"], { env })).code).toBe(3);
    expect((await world.run(["exec", ...quiet, "--", "true"])).code).toBe(3);
    const login = await world.run(["login", ...quiet]);
    expect(login.code).toBe(3);
    expect(login.stderr).toContain("--non-interactive");
    expect(world.provider.ledger.count("authorize")).toBe(0);
  });

  it("is 4 where the provider or the person refuses", async () => {
    const world = theWorld();
    world.provider.once("authorize", async (exchange) => {
      const back = new URL(exchange.query.get("redirect_uri") ?? "");
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("iss", world.provider.issuer);
      back.searchParams.set("state", exchange.query.get("state") ?? "");
      return exchange.redirect(back.href);
    });
    const refused = await world.signIn();
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain("access_denied");
  });

  it("is 5 where the provider cannot be reached, answers with a page, or nobody signs in in time", async () => {
    const world = theWorld();
    world.provider.on("discovery", (exchange) => exchange.html(200, "Sign in to the Wi-Fi"));
    expect((await world.run(["login"])).code).toBe(5);
    world.provider.reset();
    const late = await world.run(["login", "--login-timeout", "0.2"]);
    expect(late.code).toBe(5);
    expect(late.stderr).toContain("loginTimeoutSeconds");
    await world.provider.down();
    const down = await world.run(["login"]);
    expect(down.code).toBe(5);
    expect(down.stderr).toContain("ECONNREFUSED");
  });

  it("is 6 where the session cannot be read, or its lock cannot be had", async () => {
    const world = theWorld();
    mkdirSync(world.tokens, { recursive: true });
    chmodSync(world.tokens, 0o777);
    const open = await world.run(["token", ...quiet]);
    expect(open.code).toBe(6);
    expect(open.stderr).toContain("Other users can write to");
    expect((await world.run(["status"])).code).toBe(6);
  });

  it("is 7 where a token does not pass the checks, and nothing of it is stored", async () => {
    const world = theWorld();
    world.provider.settings.idTokenSigning = { tamper: "signature" };
    const failed = await world.signIn();
    expect(failed).toMatchObject({ code: 7, stdout: "" });
    expect((await world.run(["whoami"])).code).toBe(3);
  });

  it.each([
    ["auth_code_no_fallback", "/no/such/browser"],
    ["auth_code_no_fallback", "/bin/false"],
    ["auth_code", "/bin/false"],
    ["auth_code", ""],
  ])("TM-06 is 3 at once where nobody could learn of the sign-in: %s, BROWSER=%s", async (flow, BROWSER) => {
    const world = theWorld();
    world.provider.metadata.device_authorization_endpoint = undefined;
    const env = { BROWSER, CI: "true" };
    const ended = await world.run(["token", "--flow", flow, "--json", "--login-timeout", "50"], { env });
    const said = JSON.parse(ended.stderr.trim().split("\n").at(-1) ?? "") as { error: object };
    expect([ended.code, said.error]).toEqual([3, expect.objectContaining({ code: "environment", sessionKept: true })]);
  });

  it("is 3 where what is stored is damaged, which a line tells", async () => {
    const world = theWorld();
    await world.signIn();
    const [name = ""] = readdirSync(world.tokens).filter((each) => each.endsWith(".json"));
    writeFileSync(join(world.tokens, name), "{");
    const status = await world.run(["status"]);
    expect(status).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^issuer .*\n[^]*session +nobody is signed in\n$/),
    });
    expect(status.stderr).toMatch(/^keystone-auth: .*is not a stored session.*\n$/);
    const json = await world.run(["status", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ session: { usable: false } });
    expect((await world.run(["whoami"])).code).toBe(3);
  });

  it("is 1 for anything else: a port that is taken, a result that cannot be written", async () => {
    const world = theWorld();
    const { port } = world.provider;
    const config = join(world.work, "ports.json");
    writeFileSync(config, JSON.stringify({ loopback: { ports: [port] } }));
    expect((await world.run(["login", "--config", config])).code).toBe(1);
    const full = await world.run(["--help"], { command: ["sh", "-c", `"$0" "$@" >/dev/full`, process.execPath, cli] });
    expect(full.code).toBe(process.platform === "linux" ? 1 : full.code);
  });

  it("is that of the work where the reader of the result has gone", async () => {
    const world = theWorld();
    await world.signIn();
    // The shell's pipe has no reader before the command begins.
    const piped = (command: string): RunOptions => ({
      command: ["sh", "-c", `{ sleep 0.2; ${command}; echo "code $?" >&2; } | true`, process.execPath, cli],
    });
    const ended = await world.run(["token"], piped(`"$0" "$@"`));
    expect(ended.stderr).toBe("code 0\n");
    expect((await world.run(["--help"], piped(`"$0" "$@"`))).stderr).toBe("code 0\n");
    expect((await world.run(["doctor"], piped(`"$0" "$@"`))).stderr).toBe("code 0\n");
  });

  it("is decided by the error's code alone, and 1 for what is no error of the library", () => {
    expect(exitCodeOf(new AbortedError("x"))).toBe(130);
    expect(exitCodeOf(new Error("x"))).toBe(1);
    expect(exitCodeOf(undefined)).toBe(1);
    const ofNewerLibrary = Object.assign(new AbortedError("x"), { code: "a code of a newer library" });
    expect(exitCodeOf(ofNewerLibrary)).toBe(EXIT.other);
  });

  it("stands in the JSON of a failure beside all fields of the error, as in an Electron window (EL-06)", () => {
    const error = new NetworkError("m", { status: 503, retryAfterSeconds: 7, causeCode: "X" });
    const { name: _, ...fields } = error;
    expect(failureOf(error, 5)).toEqual({ ...fields, message: error.message, exitCode: 5 });
  });

  it("has a row for each code in the documentation", () => {
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const codes = Object.values(EXIT).filter((code) => code < 128);
    for (const code of [...codes, 130]) expect(page).toMatch(new RegExp(`^\\| ${code} `, "m"));
  });
});
