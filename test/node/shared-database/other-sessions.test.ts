/** One row a client id: whose session it is, and for whom it serves. */
import { expect, it } from "vitest";
import { loadSqlite } from "../../../src/node/shared-database/sqlite.js";
import { startFakeProvider } from "../../support/fake-provider.js";
import { useDesk } from "./desk.js";

const setDesk = useDesk();
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1050));
const NEVER = { interaction: "never" } as const;

it("A row of another issuer is not our session: a login replaces it, and a sign-out does not delete it", async () => {
  const desk = await setDesk();
  const token = await desk.client().getAccessToken();
  const staging = await startFakeProvider();
  try {
    const issuer = staging.issuer;
    const stranger = desk.client({ issuer, ...NEVER });
    await expect(stranger.getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
    await stranger.signOut();
    expect(await desk.client(NEVER).getAccessToken()).toBe(token);
    const openBrowser = (url: string) => void staging.authorize(url);
    const theirs = await desk.client({ issuer, openBrowser }).getAccessToken();
    expect((await (await desk.neighbour()).read())?.[1]).toBe(theirs);
    await expect(desk.client(NEVER).getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  } finally {
    await staging.close();
  }
});

it("A row without a scope or an audience that is asked is not our session, and the login serves both", async () => {
  const desk = await setDesk();
  await desk.client().getAccessToken();
  const wider = ["offline_access", "hub_connector_api", "more"];
  const asks = desk.client({ extraScopes: wider, ...NEVER });
  await expect(asks.getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  const elsewhere = desk.client({ audiences: ["another"], ...NEVER });
  await expect(elsewhere.getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  const token = await desk.client({ extraScopes: wider }).getAccessToken();
  expect(await desk.client(NEVER).getAccessToken()).toBe(token);
  expect(desk.logins).toBe(2);
});

it("Clients with other scopes that one row serves send one refresh token once", async () => {
  const desk = await setDesk({ reuseGraceSeconds: 0 });
  await desk.client({ extraScopes: ["offline_access", "hub_connector_api", "more"] }).getAccessToken();
  await (await desk.neighbour()).empty();
  const [narrow, wide] = [desk.client(NEVER), desk.client({ ...NEVER, extraScopes: ["offline_access", "more"] })];
  const [one, other] = await Promise.all([narrow.getAccessToken(), wide.getAccessToken()]);
  expect(one).toBe(other);
  expect(desk.provider.ledger.count("token", "refresh_token")).toBe(1);
});

it("A login that was granted less than it asked for is not asked for again when a neighbour has renewed it", async () => {
  const desk = await setDesk();
  const granted = "openid offline_access";
  desk.provider.settings.editAccessToken = (claims) => void (claims["scope"] = granted);
  desk.provider.on("token", async (exchange) => {
    const answer = await exchange.next();
    if (answer.json?.scope) answer.json.scope = granted;
    return answer;
  });
  await desk.client().getAccessToken();
  await (await desk.neighbour()).empty();
  const { token } = await (await desk.neighbour()).token();
  expect(await desk.client(NEVER).getAccessToken()).toBe(token);
  expect(desk.logins).toBe(1);
});

it("Another person whom a neighbour has signed in is followed, with an event", async () => {
  const desk = await setDesk();
  const client = desk.client();
  await client.getAccessToken();
  const events: string[] = [];
  client.on("session", ({ reason }) => events.push(reason));
  const bobs = await desk.tokensOf("bob");
  await (await desk.neighbour()).write(...bobs);
  await aSecond();
  expect(await client.getAccessToken()).toBe(bobs[1]);
  expect([client.session.subject, events]).toEqual(["bob", ["user_changed"]]);
});

it("Another person's tokens are not given where the program wants none, and its sign-out leaves their row alone", async () => {
  const desk = await setDesk();
  const client = desk.client({ whenUserChanges: "reject" });
  await client.getAccessToken();
  const neighbour = await desk.neighbour();
  const bobs = await desk.tokensOf("bob");
  await neighbour.write(...bobs);
  await aSecond();
  await expect(client.getAccessToken()).rejects.toMatchObject({ reason: "user_changed" });
  expect(client.session).toEqual({ status: "user_changed" });
  await client.signOut();
  expect(await neighbour.read()).toEqual(bobs);
});

it("Tokens that cannot be read serve as long as the provider has said, until a neighbour renews them", async () => {
  const desk = await setDesk({ accessTokenFormat: "opaque" });
  const options = { audiences: [] };
  const token = await desk.client(options).getAccessToken();
  expect(await desk.client({ ...options, ...NEVER }).getAccessToken()).toBe(token);
  const neighbour = await desk.neighbour();
  const row = await neighbour.read();
  await neighbour.write(row?.[0] ?? null, "an opaque token of a neighbour", row?.[2] ?? null);
  const renewed = await desk.client({ ...options, ...NEVER }).getAccessToken();
  expect([token, "an opaque token of a neighbour"]).not.toContain(renewed);
  expect(desk.logins).toBe(1);
});

it("A row whose tokens tell nobody is no session", async () => {
  const desk = await setDesk();
  await (await desk.neighbour()).write(null, "opaque", "a refresh token");
  await expect(desk.client(NEVER).getAccessToken()).rejects.toMatchObject({ reason: "no_session" });
  await desk.client().getAccessToken();
  expect(desk.logins).toBe(1);
});

it("A session that neighbours have begun is renewed by us once its token has ended", async () => {
  const desk = await setDesk();
  const [idToken, , refreshToken] = await desk.tokensOf();
  const claims = { iss: desk.provider.issuer, sub: "alice", exp: 1, iat: 0, aud: "hub_connector_api" };
  const ended = await desk.provider.signJwt({ ...claims, scope: "openid hub_connector_api" });
  await (await desk.neighbour()).write(idToken, ended, refreshToken);
  const token = await desk.client(NEVER).getAccessToken();
  expect((await (await desk.neighbour()).read())?.[1]).toBe(token);
  expect(token).not.toBe(ended);
});

it("A program that signs in as itself, and one without a cache, leave the row alone", async () => {
  const desk = await setDesk();
  const person = await desk.client().getAccessToken();
  const { service: clientSecret = "" } = desk.provider.settings.clientSecrets;
  const program = desk.client({
    clientId: "service",
    clientSecret,
    flow: "client_credentials",
    extraScopes: ["hub_connector_api"],
  });
  await program.getAccessToken();
  await desk.client({ noCache: true }).getAccessToken();
  expect((await (await desk.neighbour()).read())?.[1]).toBe(person);
  const connection = (await loadSqlite())(desk.database);
  expect(connection.prepare("SELECT count(*) AS rows FROM client_tokens").get()).toEqual({ rows: 1 });
  connection.close();
  expect(desk.logins).toBe(2);
});
