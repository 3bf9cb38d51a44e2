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

/** A line of a log without what differs from run to run. */
const shapeOf = (line: string) =>
  line
    .replaceAll(/https?:\/\/[^\s:]+(?::\d+[^\s:]*)?/g, "ADDRESS")
    .replaceAll(/127\.0\.0\.1:\d+/g, "AUTHORITY")
    .replaceAll(/\b\d+ s\b/g, "N s");

describe("DX-16 docs/logging.md", () => {
  const samples = [...logging.matchAll(/^```text\n(.*?)^```$/gms)].map(([, block = ""]) => block.trim().split("\n"));

  it("shows lines of a login and of a renewal, in the order in which they come", async () => {
    const world = await startWorld();
    const client = world.client();
    await client.getAccessToken();
    const login = world.lines.splice(0).map(shapeOf);
    await client.getAccessToken({ forceRefresh: true });
    const renewal = world.lines.splice(0).map(shapeOf);
    expect(samples).toHaveLength(2);
    for (const [sample, seen] of [
      [samples[0], login],
      [samples[1], renewal],
    ] as const) {
      const shown = (sample ?? []).map((line) => shapeOf(line.replace(/^\w+ /, "")));
      let from = 0;
      for (const line of shown) {
        const place = seen.findIndex((one, n) => n >= from && one.endsWith(line));
        expect(place, `${line} in ${seen.join("; ")}`).toBeGreaterThanOrEqual(0);
        from = place + 1;
      }
    }
  });

  it("names the levels as the sources have them", () => {
    const levels = /const LEVELS = \[(.*?)\]/.exec(read("src/node/stderr-log.ts"))?.[1] ?? "";
    const named = [...logging.matchAll(/^\| `(\w+)` \|/gm)].map(([, level]) => level);
    expect(named).toEqual(levels.match(/\w+/g));
    expect(sources).not.toMatch(/\blog\.error\(/);
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
