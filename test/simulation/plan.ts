/** What a schedule is made of before its first step: who takes part, what the provider is like, and what may go wrong. */
import type { Bounds, Kind } from "../history/events.js";
import type { Choices } from "./choices.js";

/** The limits of each client. */
export const BOUNDS: Bounds = { storage: 10_000, request: 30_000, lock: 60_000, login: 120_000 };

/** How a provider treats a refresh token that it has replaced. */
export type Rotation = "strict" | "grace" | "lasting";

export interface Plan {
  /** Of each client in its turn; all of them can share one store. */
  readonly kinds: readonly Kind[];
  readonly rotation: Rotation;
  /** How long access tokens live. */
  readonly lifetimeMs: number;
  /** Whether a refresh brings an ID Token. */
  readonly bringsIdToken: boolean;
  /** Whether a second sign-in of the same person gets the refresh token of the first one. */
  readonly repeatsRefreshToken: boolean;
  /** Whether somebody has signed in before. */
  readonly isSignedIn: boolean;
  readonly steps: number;
  /** How often a request, and how often a call of the store, goes wrong. */
  readonly networkFaults: number;
  readonly storeFaults: number;
  /** How often something strikes: a crash, a stop, a jump of the clock, a sign-out by somebody else. */
  readonly strikes: number;
  /** How often people sign out, in another person's place, or throw their tokens away. */
  readonly endings: number;
}

const GROUPS: readonly (readonly Kind[])[] = [["process", "process", "thread"], ["tab"], ["fleet"]];
const ROTATIONS: readonly Rotation[] = ["strict", "grace", "lasting"];

export function choosePlan(choices: Choices): Plan {
  const group = GROUPS[choices.weighted([4, 3, 3])] as readonly Kind[];
  const count = 1 + choices.weighted([3, 6, 4, 1, 1]);
  const rotation = ROTATIONS[choices.weighted([5, 2, 3])] as Rotation;
  const goesWrong = choices.chance(0.7);
  const fault = (most: number) => (goesWrong ? choices.of([0, most / 4, most / 2, most]) : 0);
  return {
    kinds: Array.from({ length: count }, (_, at) => group[at % group.length] as Kind),
    rotation,
    lifetimeMs: choices.of([120_000, 60_000, 600_000]),
    bringsIdToken: choices.chance(0.5),
    repeatsRefreshToken: rotation === "lasting" && choices.chance(0.7),
    isSignedIn: choices.chance(0.8),
    steps: choices.of([80, 50, 120, 170]),
    networkFaults: fault(0.5),
    storeFaults: fault(0.3),
    strikes: goesWrong ? choices.of([0, 0.5, 1, 2]) : 0,
    endings: choices.of([0, 1, 2]),
  };
}
