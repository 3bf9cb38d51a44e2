/** What the constructor says of the page that it is called in. */
import { expect, it } from "vitest";
import { inOneBrowser, outcome } from "./support/world.js";

inOneBrowser("the constructor", (world) => {
  it("PG-27 an app in a folder with the default redirect URI is warned, one with its own is not", async () => {
    for (const [path, uri, lines] of [
      ["/app/page", undefined, 1],
      ["/page", undefined, 0],
      ["/app/page", "/app/", 0],
    ] as const) {
      world.configure({ redirectUri: uri && world.app.origin + uri }, { before: "window.lines = [];" });
      world.app.settings.client =
        "{ ...options, logger: { warn: async (line) => { lines.push(line); throw new Error('no'); } } }";
      const tab = await world.open(path);
      const seen = await tab.run<string[]>("return lines.filter((line) => line.includes('redirectUri'));");
      expect(seen).toHaveLength(lines);
      await tab.close();
    }
  });

  it("PG-31 a browser without URL.canParse is named too old by the constructor", async () => {
    world.configure();
    const tab = await world.open();
    const end = await outcome(tab, "URL.canParse = undefined; new sdk.OidcClient(window.options);");
    expect(end).toMatchObject({
      ok: false,
      error: { code: "environment", message: expect.stringMatching(/Chrome or Edge 120, Firefox 115 or Safari 17/) },
    });
  });

  it("PG-35 a page of a file is refused before any request", async () => {
    world.configure();
    const tab = await world.open();
    const source = await tab.run<string>("return await (await fetch('/bundle/whole.js')).text();");
    await tab.goto("file:///");
    const end = await outcome(
      tab,
      `const { OidcClient } = await import("data:text/javascript;base64," + input);
       new OidcClient({ clientId: "spa", issuer: "https://id.example" });`.replace(
        "input",
        JSON.stringify(Buffer.from(source).toString("base64")),
      ),
    );
    expect(end).toMatchObject({ ok: false, error: { code: "configuration" } });
    expect(world.provider.requests).toHaveLength(0);
  });
});
