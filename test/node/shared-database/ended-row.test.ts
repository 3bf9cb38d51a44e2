/** A row that a sign-out could not delete, or that a neighbour puts back: its session has ended, whatever of it is emptied. */
import { expect, it } from "vitest";
import { type Desk, useDesk } from "./desk.js";
import type { RowTexts } from "./neighbour.js";

const setDesk = useDesk();
const quiet = (desk: Desk) => desk.client({ interaction: "never" });
const OVER = { code: "login_required" };

const TOUCHES: readonly (readonly [string, (row: RowTexts) => RowTexts])[] = [
  ["nobody touches it", (row) => row],
  ["its access token is emptied", ([idToken, , refreshToken]) => [idToken, "", refreshToken]],
  ["its refresh token is left out", ([idToken, accessToken]) => [idToken, accessToken, null]],
  ["both are", ([idToken]) => [idToken, "", null]],
  ["its ID Token is", ([, accessToken, refreshToken]) => [null, accessToken, refreshToken]],
];

it.each(TOUCHES)("A neighbour held the file during the sign-out, and %s: it stays ended", async (_title, touched) => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const neighbour = await desk.neighbour();
  const row = (await neighbour.read()) as RowTexts;
  const over = await neighbour.hold(3);
  const leaving = desk.client({ storageTimeoutSeconds: 0.5 });
  await leaving.signOut({ local: true });
  await leaving.close();
  await over();
  await neighbour.write(...touched(row));
  const requests = desk.provider.ledger.count("token");
  await expect(quiet(desk).getAccessToken()).rejects.toMatchObject(OVER);
  await expect(quiet(desk).getAccessToken({ forceRefresh: true })).rejects.toMatchObject(OVER);
  expect(desk.provider.ledger.count("token")).toBe(requests);
});

it.each(TOUCHES)(
  "A neighbour puts the row back after the sign-out, and %s: it stays ended",
  async (_title, touched) => {
    const desk = await setDesk();
    const client = desk.client();
    await client.getAccessToken();
    const neighbour = await desk.neighbour();
    const row = (await neighbour.read()) as RowTexts;
    await client.signOut({ local: true });
    await neighbour.write(...touched(row));
    await expect(client.getAccessToken({ interaction: "never" })).rejects.toMatchObject(OVER);
    await expect(quiet(desk).getAccessToken()).rejects.toMatchObject(OVER);
    // A login later than the sign-out is another session, also for the same person.
    const token = await desk.client().getAccessToken();
    expect(await quiet(desk).getAccessToken()).toBe(token);
  },
);

it("A sign-out that could read nothing is repeated: the tokens of the row that is left are revoked", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const neighbour = await desk.neighbour();
  const over = await neighbour.hold(3);
  const leaving = desk.client({ storageTimeoutSeconds: 0.5 });
  expect(await leaving.signOut()).toMatchObject({ revocation: "failed" });
  await leaving.close();
  await over();
  expect(await desk.client().signOut()).toMatchObject({ revocation: "done", errors: [] });
  expect(await neighbour.read()).toBeNull();
  expect(desk.provider.sessionAlive()).toBe(false);
});
