/** What is tried in each runtime. Each takes the world, and rejects where something is not as it should be. */
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { ClientProcess, runToEnd } from "./started.mjs";

const never = { interaction: "never" };

/** A program ends well, and gives its output. */
async function succeeds(world, file, ...args) {
  const { code, stdout, stderr } = await runToEnd(world, file, ...args);
  assert.equal(code, 0, `${[file, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

async function entries(world) {
  await succeeds(world, "entries.mjs");
}

/** By the system's browser: BROWSER names a program that signs in. The loopback server runs in the runtime. */
async function login(world) {
  const one = await ClientProcess.start(world, world.options);
  const token = await one.call("token");
  assert.equal((await one.call("claims")).sub, "alice");
  await one.end();
  const grants = world.provider.grants.length;
  const other = await ClientProcess.start(world, world.options);
  assert.ok((await other.call("token", never)) === token, "another process has another token");
  assert.equal(world.provider.grants.length, grants, "the other process went to the provider");
  assert.equal(await other.end(), "", "a stored token was given with words on stderr");
}

async function refresh(world) {
  const one = await ClientProcess.start(world, world.options);
  const token = await one.call("token", never);
  const before = world.provider.refreshPosts;
  const renewed = await one.call("token", { ...never, rejectedToken: token });
  assert.ok(renewed !== token, "the refused token was given again");
  assert.equal(world.provider.refreshPosts, before + 1);
  await one.end();
}

/** One holds the lock and is not displaced; another gives up in time; a third waits. One request serves them all. */
async function lock(world) {
  const holder = await ClientProcess.start(world, { ...world.options, isHeld: true });
  const impatient = await ClientProcess.start(world, { ...world.options, lockTimeoutSeconds: 1 });
  const patient = await ClientProcess.start(world, world.options);
  const token = await holder.call("token", never);
  const asked = { ...never, rejectedToken: token };
  const before = world.provider.refreshPosts;
  holder.send("token", asked);
  await holder.line("held");
  patient.send("token", asked);
  impatient.send("token", asked);
  assert.equal((await impatient.line("failure")).code, "lock_timeout");
  holder.send("release");
  const tokens = [await holder.line("answer"), await patient.line("answer"), await impatient.call("token", never)];
  assert.equal(new Set(tokens).size, 1, "they have different tokens");
  assert.ok(!tokens.includes(token), "they have the token that was refused");
  assert.equal(world.provider.refreshPosts, before + 1);
  for (const each of [holder, patient, impatient]) await each.end();
}

/** A holder that was killed holds nobody up. Its request was not sent, so that the session lives. */
async function killedHolder(world) {
  const holder = await ClientProcess.start(world, { ...world.options, isHeld: true });
  const heir = await ClientProcess.start(world, world.options);
  const asked = { ...never, rejectedToken: await holder.call("token", never) };
  holder.send("token", asked);
  await holder.line("held");
  heir.send("token", asked);
  await holder.kill();
  assert.ok((await heir.line("answer")) !== asked.rejectedToken, "the refused token was given again");
  await heir.end();
}

async function device(world) {
  const storageDirectory = join(world.directory, "device-tokens");
  const options = { ...world.options, flow: "device_code", storageDirectory, showsCode: true };
  const one = await ClientProcess.start(world, options);
  one.send("token");
  await world.person.approveDeviceOverHttp(await one.line("device"));
  assert.ok(await one.line("answer"));
  assert.equal(await one.call("signOut"), "done");
  await one.end();
}

async function command(world) {
  const cli = (...args) => succeeds(world, world.command, ...args, ...world.settings);
  await cli("login");
  const token = (await cli("token")).trim();
  assert.ok((await cli("header")).includes(`Bearer ${token}`), "header has another token");
  const run = [...world.settings, "--", "sh", "-c", "printf %s $KEYSTONE_ACCESS_TOKEN"];
  assert.ok((await succeeds(world, world.command, "exec", ...run)) === token, "exec has another token");
  assert.match(await cli("whoami"), /^alice\n/);
  assert.match(await cli("doctor"), /Nothing failed/);
  await cli("logout");
  const { code } = await runToEnd(world, world.command, "token", "--non-interactive", ...world.settings);
  assert.equal(code, 3);
}

async function database(world) {
  const options = { ...world.options, storage: "shared-database", sharedDatabase: join(world.directory, "auth.db") };
  const one = await ClientProcess.start(world, options);
  const token = await one.call("token");
  const other = await ClientProcess.start(world, options);
  assert.ok((await other.call("token", never)) === token, "another process has another token");
  const before = world.provider.refreshPosts;
  assert.ok(
    (await other.call("token", { ...never, rejectedToken: token })) !== token,
    "the refused token was given again",
  );
  assert.equal(world.provider.refreshPosts, before + 1);
  assert.equal(await one.call("signOut"), "done");
  other.send("token", { ...never, forceRefresh: true });
  assert.equal((await other.line("failure")).code, "login_required");
  for (const each of [one, other]) await each.end();
}

async function signOut(world) {
  const one = await ClientProcess.start(world, world.options);
  const other = await ClientProcess.start(world, world.options);
  await other.call("token", never);
  assert.equal(await one.call("signOut"), "done");
  assert.notEqual(world.provider.lastGrantRevoked, undefined);
  other.send("token", { ...never, forceRefresh: true });
  assert.equal((await other.line("failure")).reason, "signed_out");
  for (const each of [one, other]) await each.end();
}

/** In this order: the session of `login` serves those after it. */
export const SCENARIOS = {
  entries,
  login,
  refresh,
  lock,
  "killed holder": killedHolder,
  "sign-out": signOut,
  device,
  command,
  database,
};
