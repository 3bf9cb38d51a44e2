/** `import` that fails: what is said of the token that was given, and of the session that is stored. */
import { describe, expect, it } from "vitest";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();

/** A refresh token that this provider has granted to a program elsewhere. */
async function grantedElsewhere(world: World): Promise<string> {
  let token = "";
  world.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    token = String((answer.json as Record<string, unknown>)["refresh_token"]);
    return answer;
  });
  await world.signIn(["login", "--storage", "memory"]);
  return token;
}

describe("import", { timeout: 60_000 }, () => {
  it("with --verbose logs its requests, and no deletion of a session that stays", async () => {
    const world = theWorld();
    await world.signIn();
    const { code, stderr } = await world.run(["import", "--verbose"], { stdin: "a-token-of-nobody" });
    expect(code).toBe(4);
    expect(stderr).toMatch(/keystone-auth: POST \S+: status 400$/m);
    expect(stderr).not.toMatch(/deleted|session event: ended/);
    expect((await world.run(["token", "--non-interactive"])).code).toBe(0);
  });

  it.each(["cut off", "cut short", "in HTML"])(
    "whose answer is %s says that a token that serves once may be used up: exit code 5",
    async (how) => {
      const world = theWorld();
      const token = await grantedElsewhere(world);
      world.provider.once("token", async (exchange) => {
        await exchange.next();
        if (how === "in HTML") return exchange.html(200, "a portal");
        return how === "cut off" ? exchange.reset() : exchange.endEarly('{"access_token": "x');
      });
      const { code, stderr } = await world.run(["import"], { stdin: token });
      expect(code).toBe(5);
      expect(stderr).toContain("A token that serves once may be used up all the same: try again");
      expect(world.secretsIn(stderr)).toEqual([]);
    },
  );

  it("says nothing of that where the token was not sent, or the provider has said what is the matter", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    world.provider.once("token", async () => ({ status: 503 }));
    const busy = await world.run(["import"], { stdin: token });
    world.provider.on("discovery", async (exchange) => exchange.reset());
    const away = await world.run(["import"], { stdin: token });
    expect([busy.code, away.code]).toEqual([5, 5]);
    expect(busy.stderr + away.stderr).not.toContain("used up");
  });

  it("of an account without a required claim says that the session is imported: exit code 7", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    const { code, stderr } = await world.run(["import", "--require", "prizm"], { stdin: token });
    expect(code).toBe(7);
    expect(stderr).toContain('no claim "prizm"');
    expect(stderr).toContain("The session is imported, and stored");
    expect((await world.run(["token", "--non-interactive"])).code).toBe(0);
  });
});
