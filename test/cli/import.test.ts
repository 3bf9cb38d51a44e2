/** `import`: a session begun by a refresh token that stdin gives. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SessionRecord } from "../../src/token-set.js";
import { useWorld, type World } from "./command.js";

const theWorld = useWorld();

const names = (directory: string) => readdirSync(directory).filter((name) => /^s-[0-9a-f]{64}\.json$/.test(name));

function recordIn(directory: string): SessionRecord {
  const [name = ""] = names(directory);
  return JSON.parse(readFileSync(join(directory, name), "utf8")) as SessionRecord;
}

/** The refresh token of a sign-in on another machine. */
async function grantedElsewhere(world: World, subject = "alice"): Promise<string> {
  world.provider.settings.subject = subject;
  const directory = join(world.directory, `elsewhere-${subject}`);
  await world.signIn(["login", "--storage-directory", directory]);
  return recordIn(directory).refreshToken ?? "";
}

const refreshes = (world: World) => world.provider.ledger.count("token", "refresh_token");
const nonInteractive = { CEGAL_KEYSTONE_NON_INTERACTIVE: "true", BROWSER: "" };

describe("import", { timeout: 60_000 }, () => {
  it("renews the token once, stores what comes, and prints no secret: the next call needs nobody", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    const { code, stdout, stderr } = await world.run(["import"], { stdin: `${token}\n`, env: nonInteractive });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("✓ The session of alice is imported.");
    expect(refreshes(world)).toBe(1);
    const record = recordIn(world.tokens);
    expect(record).toMatchObject({ subject: "alice", refreshToken: expect.stringMatching(/./), signOuts: [] });
    expect(record.refreshToken).not.toBe(token);
    const next = await world.run(["token", "--force-refresh"], { env: nonInteractive });
    expect(next).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ey/) });
    expect(world.provider.sessionAlive()).toBe(true);
    expect(world.secretsIn(stderr)).toEqual([]);
  });

  it("says with --json who it is and until when, also where the provider tells nobody's name", async () => {
    const world = theWorld();
    const first = await world.run(["import", "--json"], { stdin: await grantedElsewhere(world) });
    const expiresAt = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    expect(JSON.parse(first.stdout)).toEqual({ imported: true, subject: "alice", expiresAt, renewable: true });
    const token = await grantedElsewhere(world, "bob");
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      const { id_token: _, ...json } = answer.json as Record<string, unknown>;
      return { ...answer, json };
    });
    const { code, stdout } = await world.run(["import", "--json"], { stdin: token });
    expect([code, JSON.parse(stdout)]).toEqual([0, { imported: true, subject: null, expiresAt, renewable: true }]);
    expect((await world.run(["token"], { env: nonInteractive })).code).toBe(0);
    // A refresh that brings one tells it.
    await world.run(["token", "--force-refresh"], { env: nonInteractive });
    expect(JSON.parse((await world.run(["whoami", "--json"])).stdout)).toMatchObject({ subject: "bob" });
  });

  it("takes the place of another person's session, and leaves that alone where the provider takes the token not", async () => {
    const world = theWorld();
    await world.signIn();
    const before = recordIn(world.tokens);
    const refused = await world.run(["import"], { stdin: "a-token-of-nobody" });
    expect(refused).toMatchObject({ code: 4, stdout: "" });
    expect(refused.stderr).toContain("The provider takes this refresh token not, or no more");
    expect(refused.stderr).not.toContain("a-token-of-nobody");
    expect(recordIn(world.tokens)).toEqual(before);
    expect((await world.run(["import"], { stdin: await grantedElsewhere(world, "bob") })).code).toBe(0);
    expect(recordIn(world.tokens)).toMatchObject({ subject: "bob" });
  });

  it("sends nothing where the store cannot be used, so that the token is not used up", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    const blocked = join(world.directory, "a file");
    writeFileSync(blocked, "");
    const { code } = await world.run(["import", "--storage-directory", join(blocked, "tokens")], { stdin: token });
    expect([code, refreshes(world)]).toEqual([6, 0]);
    // The directory takes a lock, and what is in the record's place can be neither read nor replaced.
    await world.signIn();
    const record = join(world.tokens, names(world.tokens)[0] ?? "");
    rmSync(record);
    mkdirSync(record);
    expect([(await world.run(["import"], { stdin: token })).code, refreshes(world)]).toEqual([6, 0]);
    rmdirSync(record);
    expect((await world.run(["import"], { stdin: token })).code).toBe(0);
  });

  it("tells that a token was used up for nothing where the store fails after it was sent", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      chmodSync(world.tokens, 0o777);
      return answer;
    });
    const env = { CEGAL_KEYSTONE_CONFIG: join(world.work, "patience.json") };
    writeFileSync(env.CEGAL_KEYSTONE_CONFIG, JSON.stringify({ storageTimeoutSeconds: 1 }));
    const { code, stderr } = await world.run(["import"], { stdin: token, env });
    expect(code).toBe(6);
    expect(stderr).toContain("The refresh token was sent, and what came could not be stored here.");
  });

  it("keeps the new refresh token of an answer that does not pass the checks, and gives no token of it", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    world.provider.settings.idTokenSigning = { key: "foreign" };
    const failed = await world.run(["import"], { stdin: token });
    expect(failed.code).toBe(7);
    expect(failed.stderr).toContain("The new refresh token of the answer is kept as the session");
    const { refreshToken, accessTokens } = recordIn(world.tokens);
    expect([accessTokens, refreshToken === token]).toEqual([{}, false]);
    world.provider.settings.idTokenSigning = {};
    expect(await world.run(["token"], { env: nonInteractive })).toMatchObject({ code: 0 });
    expect(world.provider.sessionAlive()).toBe(true);
  });

  it("lets no session go for an answer that does not pass the checks", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world, "bob");
    await world.signIn();
    const before = recordIn(world.tokens);
    world.provider.settings.idTokenSigning = { key: "foreign" };
    const failed = await world.run(["import"], { stdin: token });
    expect(failed.code).toBe(7);
    expect(failed.stderr).toContain("The session that was stored before is kept.");
    expect(recordIn(world.tokens)).toEqual(before);
  });

  it("stores nothing where somebody signs out meanwhile, and revokes what came", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    await world.signIn();
    world.provider.once("token", async (exchange) => {
      const answer = await exchange.next();
      await world.run(["logout", "--local"]);
      return answer;
    });
    const { code } = await world.run(["import"], { stdin: token });
    expect([code, names(world.tokens), world.provider.sessionAlive(token)]).toEqual([3, [], false]);
  });

  it("goes to its end when Ctrl-C comes after the token was sent", async () => {
    const world = theWorld();
    const token = await grantedElsewhere(world);
    let interrupt = () => {};
    world.provider.once("token", async (exchange) => {
      interrupt();
      return await exchange.next();
    });
    const command = world.start(["import"], { stdin: token });
    interrupt = () => void command.child.kill("SIGINT");
    expect((await command.ended).code).toBe(0);
    expect(recordIn(world.tokens)).toMatchObject({ subject: "alice" });
  });

  it("takes no token from the arguments, and nothing of stdin that is none", async () => {
    const world = theWorld();
    for (const args of [["--refresh-token", "CANARY"], ["--refresh-token=CANARY"], ["CANARY"]]) {
      const { code, stderr } = await world.run(["import", ...args]);
      expect([code, /stdin/.test(stderr), stderr.includes("CANARY")]).toEqual([2, true, false]);
    }
    for (const stdin of ["", " \n", "one\ntwo", "x".repeat(70_000)]) {
      const { code, stderr } = await world.run(["import"], { stdin });
      expect([code, /stdin (holds|gives)|What stdin holds/.test(stderr)]).toEqual([2, true]);
    }
    for (const args of [
      ["--storage", "memory"],
      ["--flow", "client_credentials"],
    ]) {
      expect((await world.run(["import", ...args], { stdin: "x" })).code).toBe(2);
    }
    expect(refreshes(world)).toBe(0);
  });
});
