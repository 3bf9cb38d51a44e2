/** One session with the neighbours: whoever signs in first signs in for all. */
import { expect, it } from "vitest";
import { type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const SIGNED_OUT = { code: "login_required", reason: "signed_out" };

/** So long a client may answer from memory. */
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1050));
const quiet = (desk: Desk) => desk.client({ interaction: "never" });

it.each([
  ["Python", true],
  ["Node", false],
])("A login of ours serves the neighbour (%s), and what it renews serves us", async (_name, isPython) => {
  const desk = await setDesk();
  const token = await desk.client().getAccessToken();
  const neighbour = await desk.neighbour(isPython);
  expect(await neighbour.token()).toEqual({ token });
  await neighbour.empty();
  const { token: renewed } = await (await desk.neighbour(isPython)).token();
  expect(renewed).not.toBe(token);
  expect(await quiet(desk).getAccessToken()).toBe(renewed);
  expect(desk.logins).toBe(1);
});

it("A login of a neighbour serves us, and what we renew serves it", async () => {
  const desk = await setDesk();
  const neighbour = await desk.neighbour();
  const tokens = await desk.tokensOf();
  await neighbour.write(...tokens);
  const client = quiet(desk);
  expect(await client.getAccessToken()).toBe(tokens[1]);
  expect((await client.getIdTokenClaims())?.sub).toBe("alice");
  const renewed = await client.getAccessToken({ forceRefresh: true });
  expect(renewed).not.toBe(tokens[1]);
  expect(await (await desk.neighbour()).token()).toEqual({ token: renewed });
});

it("A client that runs has a neighbour's renewal within a second, as a refresh of the same session", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  const events: string[] = [];
  client.on("session", ({ reason }) => events.push(reason));
  const neighbour = await desk.neighbour();
  await neighbour.empty();
  const { token } = await (await desk.neighbour()).token();
  await aSecond();
  expect(await client.getAccessToken()).toBe(token);
  expect(events).toEqual(["refreshed"]);
});

it("A row that a neighbour has deleted is a sign-out, within a second", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  const events: string[] = [];
  client.on("session", ({ reason }) => events.push(reason));
  await (await desk.neighbour()).delete();
  await aSecond();
  await expect(client.getAccessToken()).rejects.toMatchObject(SIGNED_OUT);
  expect([client.session.status, events]).toEqual(["signed_out", ["signed_out"]]);
  await client.signIn();
  await expect(client.getAccessToken()).resolves.toBe((await quiet(desk).getTokenSet()).accessToken);
  expect(desk.logins).toBe(2);
});

it("A sign-out of ours after a neighbour's deletion is known to the next login, which is not undone by it", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  await (await desk.neighbour()).delete();
  await aSecond();
  await expect(client.getAccessToken()).rejects.toMatchObject(SIGNED_OUT);
  await desk.client().signOut();
  await client.signIn();
  const token = await client.getAccessToken();
  expect(await quiet(desk).getAccessToken()).toBe(token);
});

it("After a neighbour's sign-out its next login serves the client that was signed out", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  const neighbour = await desk.neighbour();
  await neighbour.delete();
  await aSecond();
  await expect(client.getAccessToken()).rejects.toMatchObject(SIGNED_OUT);
  const tokens = await desk.tokensOf();
  await neighbour.write(...tokens);
  expect(await client.getAccessToken()).toBe(tokens[1]);
});

it("Our sign-out deletes the row, and another client of ours is told within a second", async () => {
  const desk = await setDesk();
  const [one, other] = [desk.client(), desk.client()];
  await one.getAccessToken();
  await other.getAccessToken();
  await one.signOut();
  expect(await (await desk.neighbour()).read()).toBeNull();
  await aSecond();
  await expect(other.getAccessToken()).rejects.toMatchObject(SIGNED_OUT);
});

it("A session that the provider has ended is one that has ended, also for another client of ours", async () => {
  const desk = await setDesk();
  const [one, other] = [desk.client({ interaction: "never" }), quiet(desk)];
  await desk.client().getAccessToken();
  await one.getAccessToken();
  await other.getAccessToken();
  desk.provider.killSession();
  const events: string[] = [];
  other.on("session", ({ reason }) => events.push(reason));
  await expect(one.getAccessToken({ forceRefresh: true })).rejects.toMatchObject({ reason: "refresh_rejected" });
  await aSecond();
  await expect(other.getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  expect(events).toEqual(["ended"]);
});

it("A session that has ended is no sign-out for another client of ours, also where a neighbour has renewed it unseen", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const [one, other] = [quiet(desk), quiet(desk)];
  await other.getAccessToken();
  const events: string[] = [];
  other.on("session", ({ reason }) => events.push(reason));
  await (await desk.neighbour()).empty();
  await (await desk.neighbour()).token();
  desk.provider.killSession();
  await expect(one.getAccessToken({ forceRefresh: true })).rejects.toMatchObject({ reason: "refresh_rejected" });
  await aSecond();
  await expect(other.getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  expect(events).toEqual(["ended"]);
});

it("A dropped access token is renewed, by whomever it was dropped", async () => {
  const desk = await setDesk();
  const client = desk.client();
  const first = await client.getAccessToken();
  await client.destroyAccessToken();
  const neighbour = await desk.neighbour();
  expect((await neighbour.read())?.[1]).toBe("");
  const second = (await neighbour.token()).token;
  expect(second).not.toBe(first);
  await neighbour.empty();
  await aSecond();
  expect(await client.getAccessToken()).not.toBe(second);
  expect(desk.logins).toBe(1);
});

it("An answer without an ID Token or a refresh token keeps the row's", async () => {
  const desk = await setDesk({ rotateRefreshTokens: false });
  const client = desk.client();
  await client.getAccessToken();
  const neighbour = await desk.neighbour();
  const before = await neighbour.read();
  desk.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    delete answer.json.id_token;
    delete answer.json.refresh_token;
    return answer;
  });
  const token = await client.getAccessToken({ forceRefresh: true });
  expect(await neighbour.read()).toEqual([before?.[0], token, before?.[2]]);
});
