/** The history of real tabs: each page notes what it does, the provider's hooks what became of it. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Event } from "../../history/events.js";
import { mergeHistory } from "../../history/recorder/merge.js";
import type { Note } from "../../history/recorder/notes.js";
import { ProviderNotes } from "../../history/recorder/provider.js";
import type { Tab } from "./driver.js";
import type { World } from "./world.js";

const CLIENT_ID = "spa";
const BOUNDS = { storage: 10_000, request: 30_000, lock: 60_000, login: 300_000 };

/** The clock that browser and provider share, but for the little by which each has set it. */
const now = () => performance.timeOrigin + performance.now();

const program = fileURLToPath(new URL("../programs/page-notes.ts", import.meta.url));

export class TabHistory {
  readonly #strikes: Note[] = [];

  private constructor(readonly acts: ProviderNotes) {}

  /** Lets the pages that open from now on note what they do. `script` runs in each of them before all else. */
  static async begin(world: World, script = ""): Promise<TabHistory> {
    const options = { bundle: true, format: "iife", target: "es2022", write: false, logLevel: "silent" } as const;
    const { outputFiles } = await build({ entryPoints: [program], ...options });
    const begin = `noted.begin(${JSON.stringify(CLIENT_ID)}, ["openid"], ${JSON.stringify(BOUNDS)});`;
    const before = `${script}${outputFiles[0]?.text}${begin}`;
    world.configure({}, { before, after: "window.client = noted.record(client);" });
    return new TabHistory(new ProviderNotes(world.provider, now));
  }

  /** Closes a tab that may have begun something. */
  async kill(tab: Tab): Promise<void> {
    const client = await tab.run<string>("return sessionStorage.getItem('tab');");
    this.#strikes.push({ at: now(), what: "crash", client });
    await tab.close();
  }

  /** What has happened; any tab that is left has the notes of all. */
  async read(tab: Tab): Promise<Event[]> {
    const notes = await tab.run<Note[]>(
      "return Object.keys(localStorage).filter((key) => key.startsWith('note.')).sort().map((key) => JSON.parse(localStorage.getItem(key)));",
    );
    return mergeHistory([...notes, ...this.#strikes], this.acts, CLIENT_ID);
  }
}
