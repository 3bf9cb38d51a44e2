import { afterEach, describe, expect, it, vi } from "vitest";
import { replaceAddress } from "../../src/browser/page.js";

describe("The way back after a login", () => {
  afterEach(() => void vi.unstubAllGlobals());

  /** A page at an origin; gives what was shown in its address bar. */
  function page(): string[] {
    const shown: string[] = [];
    vi.stubGlobal("location", new URL("https://app.example/here"));
    vi.stubGlobal("history", {
      state: null,
      replaceState: (_state: unknown, _title: string, url: string) => shown.push(url),
    });
    return shown;
  }

  it.each([
    "https://evil.example/",
    "@evil.example/",
    ".evil.example/",
    ":81/",
    ":pw@evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "relative",
    "\\evil.example",
    " /blank-before",
    "",
  ])("AU-12 %j is not shown", (path) => {
    const shown = page();
    replaceAddress(path);
    expect(shown).toEqual([]);
  });

  it.each(["/", "/a?b#c", "//evil.example/", "/\\evil.example", "/@evil.example", "/:81/", "/javascript:alert(1)"])(
    "AU-12 %j is a path of this origin",
    (path) => {
      const shown = page();
      replaceAddress(path);
      expect(shown).toHaveLength(1);
      expect(new URL(shown[0] as string).origin).toBe("https://app.example");
    },
  );
});
