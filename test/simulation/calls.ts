/** What the programs call, and what comes of it. */
import { isKeystoneAuthError, type LoginRequiredError } from "../../src/errors.js";
import type { CallEvent, Failure, Method, SettledEvent } from "../history/events.js";
import type { SimulatedClient } from "./client.js";
import { wallOf } from "./provider.js";
import type { World } from "./world.js";

/** A call to come. */
export type Request = Omit<CallEvent, "what" | "client" | "call">;

/** Weights, for calls that use a session, and for those that end one. */
const USES: readonly (readonly [number, Request])[] = [
  [3, { method: "getAccessToken" }],
  [4, { method: "getAccessToken", never: true }],
  [9, { method: "getAccessToken", never: true, forced: true }],
  [2, { method: "getAccessToken", forced: true }],
  [2, { method: "getAccessToken", never: true, refused: "the last one" }],
  [2, { method: "getTokenSet", never: true }],
  [1, { method: "getIdTokenClaims" }],
  [1, { method: "destroyAccessToken" }],
];
const ENDS: readonly (readonly [number, Request])[] = [
  [3, { method: "signOut" }],
  [1, { method: "destroyTokens" }],
  [3, { method: "signIn" }],
];

const ALL = [...USES, ...ENDS].map(([, request]) => request);

/** The weights of all calls, in the order of `ALL`. */
const weightsOf = (endings: number) => [...USES.map(([weight]) => weight), ...ENDS.map(([weight]) => weight * endings)];

/** By how often people end sessions. */
const WEIGHTS = [0, 1, 2].map(weightsOf);

export function chooseCall({ choices, plan }: World): Request {
  return ALL[choices.weighted(WEIGHTS[plan.endings] ?? [])] as Request;
}

interface Given {
  readonly token?: string;
  readonly person?: string;
  readonly scopes?: readonly string[];
}

/** Makes the call; what it gives is told when it settles. */
export function makeCall(world: World, client: SimulatedClient, request: Request): void {
  const call = world.next();
  const refused = request.refused && client.lastToken;
  const { refused: _unknown, ...rest } = request;
  world.tell({ what: "call", client: client.name, call, ...rest, ...(refused && { refused }) });
  const controller = new AbortController();
  client.pending.set(call, controller);
  const settle = (outcome: Pick<SettledEvent, "token" | "person" | "scopes" | "failure">) => {
    client.pending.delete(call);
    if (outcome.token !== undefined) client.lastToken = outcome.token;
    world.tell({
      what: "settled",
      client: client.name,
      call,
      wall: wallOf(world.time) + client.clockOffset,
      ...outcome,
    });
  };
  const options = {
    ...(request.never && { interaction: "never" as const }),
    ...(request.forced && { forceRefresh: true }),
    ...(refused && { rejectedToken: refused }),
    signal: controller.signal,
  };
  run(client, request.method, options).then(settle, (error: unknown) => settle({ failure: failureOf(error) }));
}

async function run(client: SimulatedClient, method: Method, options: object): Promise<Given> {
  const { core } = client;
  switch (method) {
    case "getAccessToken":
      // Without options, where it can be: that is the way through memory.
      return { token: await core.getAccessToken(Object.keys(options).length > 1 ? options : undefined) };
    case "getTokenSet": {
      const { accessToken, scopes, idTokenClaims } = await core.getTokenSet(options);
      return { token: accessToken, scopes, ...(idTokenClaims && { person: idTokenClaims.sub }) };
    }
    case "getIdTokenClaims": {
      const claims = await core.getIdTokenClaims();
      return claims ? { person: claims.sub } : {};
    }
    case "signIn":
      await core.signIn(options);
      return {};
    case "signOut":
      await core.signOut(options);
      return {};
    case "destroyTokens":
      await core.destroyTokens();
      return {};
    case "destroyAccessToken":
      await core.destroyAccessToken();
      return {};
  }
}

function failureOf(error: unknown): Failure {
  if (!isKeystoneAuthError(error)) return { code: `foreign: ${String(error)}` };
  const { code, sessionKept, retryable } = error;
  const { reason } = error as Partial<LoginRequiredError>;
  return { code, sessionKept, retryable, ...(reason && { reason }) };
}
