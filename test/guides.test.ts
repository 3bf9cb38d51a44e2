/** The guides quote the library: its errors in docs/symptoms.md, its log in docs/logging.md, and both to the letter. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startWorld } from "./hostile/world.js";
import { root } from "./packaging/built-package.js";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const symptoms = read("docs/symptoms.md");
const logging = read("docs/logging.md");

/** The sources as one text in which a sentence that was written over several lines stands in one. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => read(join("src", file)))
  .join("\n")
  .replaceAll(/["'`]\s*\+\s*["'`]/g, "")
  .replaceAll(/\\(["'])/g, "$1");

/** Each quotation, without what differs. */
const quotations = [...symptoms.matchAll(/^> (.+)$/gm)].map(([, text = ""]) => text);
const piecesOf = (quotation: string) =>
  quotation
    .split("…")
    .map((piece) => piece.trim())
    .filter((piece) => piece.length > 3);
const isSaid = (piece: string) => sources.includes(piece);

describe("DX-16 docs/symptoms.md", () => {
  it("quotes many errors", () => expect(quotations.length).toBeGreaterThan(30));

  it.each(quotations)("has these words from the sources: %s", (quotation) => {
    expect(piecesOf(quotation).length).toBeGreaterThan(0);
    expect(piecesOf(quotation).filter((piece) => !isSaid(piece))).toEqual([]);
  });

  it("would be found out by another word", () => {
    expect(piecesOf("The session's lock was not free within … s.").every(isSaid)).toBe(true);
    expect(piecesOf("The session's lock was not free in … s.").every(isSaid)).toBe(false);
  });

  it("says of each symptom what to do, and lists it above", () => {
    const [head = "", ...sections] = symptoms.split(/^## /m);
    expect(sections.length).toBeGreaterThan(15);
    for (const section of sections) {
      const [title = ""] = section.split("\n");
      expect(head, title).toContain(
        `(#${title
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, "")
          .replaceAll(" ", "-")})`,
      );
      expect(section, title).toMatch(/\*\*Cause/);
      expect(section, title).toMatch(/\*\*Do:\*\*|\| do \|/);
    }
  });
});

describe("DX-16 docs/logging.md", () => {
  const samples = [...logging.matchAll(/^```text\n(.*?)^```$/gms)].map(([, block = ""]) => block.trim().split("\n"));

  it("DX-05 shows a first login and a renewal as they are logged", async () => {
    const world = await startWorld();
    const lines: string[] = [];
    const log = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
    const logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
    /** What is logged by the end of the call and its event, without what differs from run to run. */
    const logged = async (call: Promise<string>) => {
      await call;
      await new Promise((resolve) => setImmediate(resolve));
      return lines.splice(0).map((line) =>
        line
          .replace(world.provider.issuer, "https://id.example")
          .replace(/127\.0\.0\.1:\d+/, "127.0.0.1:38403")
          .replace(/keys-\w+/, "keys")
          .replace(/\d+ s left/, "12 s left"),
      );
    };
    const login = await logged(world.client({ logger }).getAccessToken());
    const again = world.client({ logger, interaction: "never" });
    const renewal = await logged(again.getAccessToken({ forceRefresh: true }));
    // Requests that run beside each other may change places.
    const steps = (all: readonly string[]) => all.filter((line) => !/ (GET|POST) /.test(line));
    expect(samples.map(steps)).toEqual([steps(login), steps(renewal)]);
    expect(samples.map((all) => all.toSorted())).toEqual([login.toSorted(), renewal.toSorted()]);
  });

  it("names the levels as the sources have them", () => {
    const levels = /const LEVELS = \[(.*?)\]/.exec(read("src/node/stderr-log.ts"))?.[1] ?? "";
    const named = [...logging.matchAll(/^\| `(\w+)` \|/gm)].map(([, level]) => level);
    expect(named).toEqual(levels.match(/\w+/g));
    // A logger around another one hands its lines on.
    expect(sources).not.toMatch(/(?<!readonly error = .*)\blog\.error\(/);
  });
});

describe("DX-16 The guides say what to call", () => {
  it.each([
    ["docs/spa.md", /401, hand that token over as\s`rejectedToken`/],
    ["docs/spa.md", /Wait for `client\.ready` before the button is enabled/],
    ["docs/spa.md", /What to do on LoginRequiredError: show a button that calls `signIn\(\)`/],
    ["docs/node.md", /401, hand that token over as `rejectedToken`/],
    ["docs/migrate-from-python.md", /401 \| `await client\.getAccessToken\(\{ rejectedToken: token \}\)`/],
    ["docs/symptoms.md", /show a button that calls `client\.signIn\(\)`/],
    ["docs/logging.md", /address for reports is not set yet/],
  ])("%s: %s", (page, words) => expect(read(page)).toMatch(words));
});
