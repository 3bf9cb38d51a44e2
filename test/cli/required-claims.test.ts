/** `--require`: a licence as a claim, at the command line. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRequired } from "../../src/cli/required-flags.js";
import { useWorld } from "./command.js";

const theWorld = useWorld();

describe("--require", () => {
  it.each<[string[], object | undefined]>([
    [["app"], { app: null }],
    [["app=prizm"], { app: "prizm" }],
    [["app=", "a b=c=d e"], { app: "", "a b": "c=d e" }],
    [["seats=5", "on=true", "off=false", 'version="2024"'], { seats: 5, on: true, off: false, version: "2024" }],
    [["a=null", "b={}", "c=[1]", "d=007"], { a: "null", b: "{}", c: "[1]", d: "007" }],
    [["f=a", "f=b", "f"], { f: ["a", "b"] }],
    [["f=a", "f=a"], { f: "a" }],
    [["=x"], undefined],
    [["app", " "], undefined],
    [["__proto__=x"], JSON.parse('{"__proto__":"x"}')],
  ])("reads %j", (texts, required) => {
    expect(readRequired(texts)).toEqual(required);
  });
});

describe("a command whose account lacks a required claim", { timeout: 60_000 }, () => {
  it("ends with 7 and names it, keeps the session, asks nobody; once it is granted the next one gives the token", async () => {
    const world = theWorld();
    await world.signIn();
    const logins = world.provider.ledger.count("authorize");
    const required = ["--require", "app name=Prizm", "--require", "edition=pro"];
    const refused = await world.run(["token", ...required]);
    expect(refused).toMatchObject({ code: 7, stdout: "" });
    for (const part of ['"app name"', '"Prizm"', "session is kept"]) expect(refused.stderr).toContain(part);
    const status = await world.run(["status", ...required]);
    expect(status.code).toBe(7);
    expect(status.stdout).toMatch(
      /^session +signed in as alice; .*; the account lacks the claim "app name", which is required$/m,
    );
    const json = JSON.parse((await world.run(["status", "--json", ...required])).stdout) as { session: object };
    expect(json.session).toMatchObject({ usable: true, lacks: "app name" });
    world.provider.settings.editAccessToken = (claims) => ({ ...claims, "app name": "Prizm", edition: ["pro"] });
    const file = join(world.work, "keystone-auth.json");
    writeFileSync(file, JSON.stringify({ requiredClaims: { "app name": "Prizm", edition: ["pro"] } }));
    expect(await world.run(["token"])).toMatchObject({ code: 0, stderr: "" });
    expect(await world.run(["status"])).toMatchObject({ code: 0 });
    expect(world.provider.ledger.count("authorize")).toBe(logins);
  });

  it("names a flag without a name, and the file of a value that cannot be asked for", async () => {
    const world = theWorld();
    expect(await world.run(["token", "--require", "=x"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--require"),
    });
    const file = join(world.work, "keystone-auth.json");
    writeFileSync(file, JSON.stringify({ requiredClaims: { app: {} } }));
    const { code, stderr } = await world.run(["token"]);
    expect(code).toBe(2);
    expect(stderr).toContain(file);
  });

  it("needs what the file requires, too: a flag counts before the file for its own claim alone", async () => {
    const world = theWorld();
    world.provider.settings.editAccessToken = (claims) => ({ ...claims, edition: "pro" });
    await world.signIn();
    const file = join(world.work, "keystone-auth.json");
    writeFileSync(file, JSON.stringify({ requiredClaims: { app: "prizm", edition: "basic" } }));
    const { code, stderr } = await world.run(["token", "--require", "edition=pro"]);
    expect([code, stderr]).toEqual([7, expect.stringContaining('no claim "app" with "prizm"')]);
    const status = JSON.parse((await world.run(["status", "--json", "--require", "edition=pro"])).stdout) as object;
    const requiredClaims = {
      value: '{"app":"prizm","edition":"pro"}',
      source: expect.stringMatching(/^option --require and file /) as string,
    };
    expect(status).toMatchObject({ settings: { requiredClaims }, session: { lacks: "app" } });
  });
});
