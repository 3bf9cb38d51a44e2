/** The provider's logout page where no browser may be opened, or none opens: at a terminal its address is shown. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished, test } from "vitest";
import { cli, useWorld } from "../cli/command.js";
import { hasScript, TerminalSession } from "../cli/terminal-run.js";
import { startWorld } from "../hostile/world.js";
import { visit } from "../support/fake-provider/visit.js";
import { knock } from "./loopback/knock.js";

const theWorld = useWorld();
beforeAll(() => {
  delete process.env.CI;
});

describe("LO-01 logout --provider-session", { timeout: 60_000 }, () => {
  it.each([
    ["with --no-browser", ["--no-browser"], {}],
    ["with CEGAL_KEYSTONE_AUTH_NO_BROWSER", [], { CEGAL_KEYSTONE_AUTH_NO_BROWSER: "true" }],
  ] as const)("%s opens nothing, and says what to do where nobody watches", async (_title, flags, variables) => {
    const world = theWorld();
    await world.signIn();
    const opened = join(world.work, "opened");
    const env = { ...variables, BROWSER: `touch ${opened}` };
    const { code, stderr } = await world.run(["logout", "--provider-session", ...flags], { env });
    expect(code).toBe(1);
    expect(existsSync(opened)).toBe(false);
    expect(stderr).toMatch(
      /^! Not all of .*was not opened, since no browser opens here: CEGAL_\S+ is true, .* sign out at the provider's own page/,
    );
    expect(stderr).not.toContain("http");
  });

  it.for([
    ["--no-browser", ["--no-browser"], "true", "No browser opens here: CEGAL_KEYSTONE_AUTH_NO_BROWSER is true"],
    ["a browser that fails", [], "/bin/false", "No browser could be opened."],
  ] as const)(
    "at a terminal with %s shows the address without the hint, and waits",
    async ([, flags, BROWSER, why], context) => {
      if (!hasScript) return context.skip("there is no script of util-linux here");
      const world = theWorld();
      await world.signIn();
      const file = { issuer: world.provider.issuer, postLogoutRedirectUri: "http://127.0.0.1" };
      writeFileSync(join(world.work, "keystone-auth.json"), JSON.stringify(file));
      const env = { ...world.env, CEGAL_KEYSTONE_URL: "", BROWSER, COLUMNS: "400" };
      const words = [process.execPath, cli, "logout", "--provider-session", ...flags];
      const terminal = new TerminalSession(words, { cwd: world.work, env });
      onTestFinished(() => terminal.close());
      await terminal.shows(why);
      await terminal.shows("to sign out at the provider:");
      await terminal.shows("state=");
      await terminal.shows("\n");
      const [, address = ""] = /(http\S+state=\S+)/.exec(terminal.text) ?? [];
      expect(new URL(address).searchParams.get("id_token_hint")).toBeNull();
      await visit(address);
      await terminal.shows("It has ended its own session, too");
      expect(await terminal.ended()).toBe(0);
    },
  );
});

test("LO-02 a return with our state and an error is no end: the result is asked, and the page does not say so", async () => {
  const world = await startWorld();
  await world.signIn();
  let open: (url: URL) => void = () => {};
  const address = new Promise<URL>((resolve) => (open = resolve));
  const openBrowser = (url: string) => open(new URL(url));
  const client = world.client({ postLogoutRedirectUri: "http://127.0.0.1/bye", openBrowser });
  const result = client.signOut({ providerSession: true });
  const { searchParams } = await address;
  const uri = searchParams.get("post_logout_redirect_uri") ?? "";
  const shown = await knock(uri, `/bye?state=${searchParams.get("state")}&error=invalid_request`);
  expect(await result).toEqual({ revocation: "done", providerSession: "asked", errors: [] });
  expect(shown.status).toBe(200);
  expect(shown.body).not.toContain("You are signed out");
  expect(shown.body).toContain("you may still be signed in there");
});
