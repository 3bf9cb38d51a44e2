/** The built command, run as a person or a script runs it: a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach } from "vitest";
import { dist, ensureBuilt } from "../packaging/built-package.js";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fake-provider.js";
import { secretsIn } from "../support/secrets-in.js";

export const cli = join(dist, "cli.js");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What the first match of the pattern on stderr captures. Rejects when the command ends without one. */
  shown(pattern: RegExp): Promise<string>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Put before the command, such as `script`. */
  readonly command?: readonly string[];
}

const AUTHORIZATION_URL = /^(http\S+response_type=code\S+)$/m;
const running = new Set<ChildProcess>();

/** Everything that a test of the command needs, anew for each test. */
export class World {
  readonly directory = mkdtempSync(join(tmpdir(), "keystone-auth-cli-"));
  readonly home = join(this.directory, "home");
  readonly work = join(this.directory, "work");

  constructor(readonly provider: FakeProvider) {
    mkdirSync(this.home);
    mkdirSync(this.work);
  }

  /** Nothing of the tests' own environment but what a process needs. An opener that does nothing, so that the test signs in. */
  get env(): Record<string, string | undefined> {
    return {
      PATH: process.env.PATH,
      HOME: this.home,
      USERPROFILE: this.home,
      BROWSER: "true",
      PYVAR_ALLOW_NON_HTTPS: "true",
      CEGAL_KEYSTONE_URL: this.provider.issuer,
      CEGAL_KEYSTONE_CLIENT_ID: "prizm",
      CEGAL_KEYSTONE_SCOPES: "offline_access hub_connector_api",
      CEGAL_KEYSTONE_AUDIENCES: "hub_connector_api",
    };
  }

  get tokens(): string {
    return join(this.home, ".cegal-keystone", "tokens");
  }

  start(args: readonly string[], { env, cwd = this.work, stdin, command }: RunOptions = {}): Running {
    const [program = "", ...rest] = [...(command ?? [process.execPath, cli]), ...args];
    const child = spawn(program, rest, { cwd, env: { ...this.env, ...env } as NodeJS.ProcessEnv, stdio: "pipe" });
    running.add(child);
    child.once("exit", () => running.delete(child));
    // A command that does not read its stdin may have gone.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin ?? "");
    const printed = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => (printed.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (printed.stderr += part));
    const ended = once(child, "close").then(([code, signal]) => ({ code, signal, ...printed }) as Ended);
    const shown = async (pattern: RegExp): Promise<string> => {
      for (;;) {
        const found = pattern.exec(printed.stderr)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`The command ended and had shown: ${printed.stderr}`);
        await Promise.race([once(child.stderr, "data"), once(child, "close")]);
      }
    };
    return { child, ended, shown };
  }

  run(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** The address of the sign-in that a running command waits for. */
  addressOf(command: Running): Promise<string> {
    return command.shown(AUTHORIZATION_URL);
  }

  /** Runs a command and signs in when it asks for it. */
  async signIn(args: readonly string[] = ["login"], options?: RunOptions): Promise<Ended> {
    const command = this.start(args, options);
    await this.provider.authorize(await this.addressOf(command));
    return await command.ended;
  }

  /** The provider's secrets that stand in a text. The address of a sign-in, which is shown to be opened, holds its state. */
  secretsIn(text: string): string[] {
    return secretsIn(text.replace(/^http\S+response_type=code\S+$/gm, ""), this.provider.secrets());
  }

  async close(): Promise<void> {
    await this.provider.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Builds the command, and gives each test a world of its own. */
export function useWorld(options: FakeProviderOptions = {}): () => World {
  let world: World | undefined;
  beforeAll(ensureBuilt, 60_000);
  beforeEach(async () => {
    world = new World(await startFakeProvider({ deviceIntervalSeconds: 1, ...options }));
  });
  afterEach(async () => {
    for (const child of running) child.kill("SIGKILL");
    await world?.close();
  });
  return () => world as World;
}

/** A promise and what settles it. */
export function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
