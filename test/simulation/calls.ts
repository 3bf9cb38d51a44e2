/** What the programs call, and what comes of it. */
import type { CallEvent, Method } from "../history/events.js";
import { failureOf, givenBy, type Outcome } from "../history/outcomes.js";
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

/** Makes the call; what it gives is told when it settles. */
export function makeCall(world: World, client: SimulatedClient, request: Request): void {
  const call = world.next();
  const refused = request.refused && client.lastToken;
  const { refused: _unknown, ...rest } = request;
  world.tell({ what: "call", client: client.name, call, ...rest, ...(refused && { refused }) });
  const controller = new AbortController();
  client.pending.set(call, controller);
  const settle = (outcome: Outcome) => {
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
  run(client, request.method, options).then(
    (value) => settle(givenBy(request.method, value)),
    (error: unknown) => settle({ failure: failureOf(error) }),
  );
}

type Calls = Record<Method, (options?: object) => Promise<unknown>>;

async function run({ core }: SimulatedClient, method: Method, options: object): Promise<unknown> {
  // Without options, where it can be: that is the way through memory.
  const isPlain = method === "getAccessToken" && Object.keys(options).length === 1;
  return await (core as Calls)[method](isPlain ? undefined : options);
}
