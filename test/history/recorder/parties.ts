/** Real processes with a client each, over one directory, and the history of what they did. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { compileForChildren } from "../../support/compile.js";
import { type FakeProvider, startFakeProvider } from "../../support/fake-provider.js";
import type { Event } from "../events.js";
import type { RecordedOptions } from "./client.js";
import { mergeHistory } from "./merge.js";
import { readNotes, sharedNow } from "./note-files.js";
import type { Note } from "./notes.js";
import { ProviderNotes } from "./provider.js";

const CLIENT_ID = "recorded";

/** A process. Its calls settle in the order in which they end. */
export class Party {
  readonly #lines: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;
  #complaints = "";

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly strikes: Note[],
  ) {
    this.#exited = once(child, "exit");
    if (!child.stdout) throw new Error("a process without output");
    child.stderr?.on("data", (part) => {
      this.#complaints += part;
    });
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Calls; gives `done` or the error's code. */
  async call(method: string, request?: object): Promise<string> {
    this.child.stdin?.write(`${method}${request ? ` ${JSON.stringify(request)}` : ""}\n`);
    const line = await this.#lines.next();
    return line.done ? `has ended: ${this.#complaints}` : line.value;
  }

  async kill(): Promise<void> {
    this.strikes.push({ at: sharedNow(), what: "crash", client: this.name });
    this.child.kill("SIGKILL");
    await this.#exited;
  }

  /** Lets it close its client and end. */
  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.#exited;
  }
}

export class Parties {
  readonly #place = mkdtempSync(join(tmpdir(), "keystone-auth-parties-"));
  readonly #notes = join(this.#place, "notes");
  readonly directory = join(this.#place, "tokens");
  readonly #strikes: Note[] = [];
  readonly #all: Party[] = [];
  readonly acts: ProviderNotes;

  private constructor(
    readonly provider: FakeProvider,
    private readonly built: string,
  ) {
    mkdirSync(this.#notes);
    this.acts = new ProviderNotes(provider);
  }

  static async begin(): Promise<Parties> {
    const built = await compileForChildren();
    return new Parties(await startFakeProvider(), built);
  }

  get options(): Omit<RecordedOptions, "openBrowser"> {
    return {
      clientId: CLIENT_ID,
      issuer: this.provider.issuer,
      extraScopes: ["offline_access", "hub_connector_api"],
      audiences: ["hub_connector_api"],
      allowInsecureLoopback: true,
      storageDirectory: this.directory,
    };
  }

  /** Starts a process. The names are `p1`, `p2` ... */
  start(): Party {
    const ordinal = this.#all.length + 1;
    const name = `p${ordinal}`;
    const program = join(this.built, "test", "history", "recorder", "programs", "one-client.js");
    const args = [program, JSON.stringify(this.options), this.#notes, name, String(ordinal)];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    const party = new Party(name, child, this.#strikes);
    this.#all.push(party);
    return party;
  }

  /** What has happened, after all have ended. */
  async history(): Promise<Event[]> {
    await Promise.all(this.#all.map((party) => party.end()));
    return mergeHistory([...readNotes(this.#notes), ...this.#strikes], this.acts, CLIENT_ID);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((party) => party.kill()));
    await this.provider.close();
    rmSync(this.#place, { recursive: true, force: true });
  }
}
