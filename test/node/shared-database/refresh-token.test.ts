/** A neighbour's renewal whose answer has no refresh token: it writes nothing over the one in the row, which still serves. */
import { expect, it } from "vitest";
import { type Desk, useDesk } from "./desk.js";

const setDesk = useDesk();
const quiet = (desk: Desk) => desk.client({ interaction: "never" });
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1050));

it("A client that runs goes on with it, and its next renewal puts it back", async () => {
  const desk = await setDesk({ rotateRefreshTokens: false });
  const client = desk.client();
  await client.getAccessToken();
  const neighbour = await desk.neighbour();
  const [idToken, , refreshToken] = (await neighbour.read()) ?? [];
  const [, others] = await desk.tokensOf();
  await neighbour.write(idToken ?? null, others ?? null, null);
  await aSecond();
  expect(await client.getAccessToken()).toBe(others);
  const renewed = await client.getAccessToken({ forceRefresh: true });
  expect(await neighbour.read()).toEqual([expect.anything(), renewed, refreshToken]);
  expect(await quiet(desk).getAccessToken({ forceRefresh: true })).not.toBe(renewed);
});

it.each([
  ["the provider gives one refresh token for good", false],
  ["a refresh token serves once", true],
])("Written while a renewal of ours is under way, it ends nothing: %s", async (_title, rotateRefreshTokens) => {
  const desk = await setDesk({ rotateRefreshTokens });
  const client = desk.client();
  await client.getAccessToken();
  const neighbour = await desk.neighbour();
  const [idToken = null, accessToken = null, before] = (await neighbour.read()) ?? [];
  desk.provider.once("token", async (exchange) => {
    const answer = await exchange.next();
    await neighbour.write(idToken, accessToken, null);
    return answer;
  });
  const token = await client.getAccessToken({ forceRefresh: true });
  expect(token).not.toBe(accessToken);
  const [, stored, refreshToken] = (await neighbour.read()) ?? [];
  expect(stored).toBe(token);
  expect(refreshToken === before).toBe(!rotateRefreshTokens);
  await expect(quiet(desk).getAccessToken({ forceRefresh: true })).resolves.not.toBe(token);
  expect(desk.logins).toBe(1);
});

it("Two clients that run go on with it, also the one that the other has renewed for", async () => {
  const desk = await setDesk({ rotateRefreshTokens: false });
  const [one, other] = [quiet(desk), quiet(desk)];
  await desk.client().getAccessToken();
  await one.getAccessToken();
  await other.getAccessToken();
  await other.getAccessToken({ forceRefresh: true });
  const neighbour = await desk.neighbour();
  const [idToken = null, accessToken = null] = (await neighbour.read()) ?? [];
  await neighbour.write(idToken, accessToken, null);
  await aSecond();
  expect(await one.getAccessToken({ forceRefresh: true })).not.toBe(accessToken);
});

it("Another person's row without one gets none", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  const [bob, token] = await desk.tokensOf("bob");
  const neighbour = await desk.neighbour();
  await neighbour.write(bob, token, null);
  await aSecond();
  expect(await client.getAccessToken()).toBe(token);
  const refreshes = desk.provider.ledger.count("token");
  await expect(client.getAccessToken({ forceRefresh: true, interaction: "never" })).rejects.toMatchObject({
    code: "login_required",
  });
  expect(desk.provider.ledger.count("token")).toBe(refreshes);
});

it("A row that can give no token is nobody's session: that it goes stops no login", async () => {
  const desk = await setDesk();
  const [idToken] = await desk.tokensOf();
  const neighbour = await desk.neighbour();
  await neighbour.write(idToken, "", null);
  const openBrowser = async (url: string) => {
    await neighbour.delete();
    await desk.provider.authorize(url);
  };
  const token = await desk.client({ openBrowser }).getAccessToken();
  expect((await neighbour.read())?.[1]).toBe(token);
});
