/** The command where the session cannot be kept in the home. */
import { chownSync, readdirSync } from "node:fs";
import { beforeEach, expect, it, type TestContext } from "vitest";
import { useWorld } from "./command.js";

const theWorld = useWorld();
const OTHER = 65534;

beforeEach((context: TestContext) => {
  if (process.geteuid?.() !== 0) context.skip("only root can give a home away");
});

it("LK-10 as root in another user's home gives a token, creates nothing there, and says why once", async () => {
  const world = theWorld();
  chownSync(world.home, OTHER, OTHER);
  const { code, stdout, stderr } = await world.signIn(["token"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^eyJ/);
  expect(stderr.match(new RegExp(`belongs to uid ${OTHER} and this program runs as root`, "g"))).toHaveLength(1);
  expect(readdirSync(world.home)).toEqual([]);
  expect((await world.run(["token", "--non-interactive"])).code).toBe(3);
}, 60_000);

it("LK-10 as root in another user's home tells where the session is, and the doctor says why", async () => {
  const world = theWorld();
  chownSync(world.home, OTHER, OTHER);
  expect((await world.run(["status"])).stdout).toMatch(/storageDirectory +\(memory\)/);
  const { stdout } = await world.run(["doctor"]);
  expect(stdout).toMatch(/! storage .*The session is in memory and ends with the program\./);
  expect(stdout).toContain(`belongs to uid ${OTHER}`);
  expect(readdirSync(world.home)).toEqual([]);
}, 60_000);
