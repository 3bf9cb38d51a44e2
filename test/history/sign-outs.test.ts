import { describe, expect, it } from "vitest";
import {
  calls,
  deletes,
  exchanges,
  faultsOf,
  gives,
  opens,
  reads,
  session,
  signsIn,
  starts,
  stores,
} from "./by-hand.js";

const begin = [starts("a"), starts("b"), ...signsIn("a", 1)];
/** a signs out, and is done with it. */
const signOut = calls("a", 1, { method: "signOut" });
const signedOut = [signOut, deletes("a", session(1)), gives("a", 1)];
const marked = [signOut, { what: "marked", client: "a", mark: "m1" } as const, ...signedOut.slice(1)];

describe("After a sign-out its own client (rule 3)", () => {
  it("gives no token to a call from before", () =>
    expect(
      faultsOf(begin, calls("a", 2), signOut, gives("a", 2, "f1a1"), deletes("a", session(1)), gives("a", 1)),
    ).toEqual(["3 a call from before the sign-out gives a token after it (the same client)"]));

  it("gives no token of before to a call after it", () =>
    expect(faultsOf(begin, signOut, calls("a", 2), gives("a", 2, "f1a1"), deletes("a", session(1)))).toEqual([
      "3 a call after the sign-out gives a token of a login from before it (the same client)",
    ]));

  it("opens a login for signIn() alone", () => {
    const fault = "3 a login opens after the sign-out that nobody asked for (the same client)";
    expect(faultsOf(begin, signedOut, calls("a", 2), opens("a", 7))).toEqual([fault]);
    expect(faultsOf(begin, signedOut, calls("a", 2, { method: "signIn" }), opens("a", 7))).toEqual([]);
  });

  it("gives the tokens of a login that somebody else has begun since", () =>
    expect(
      faultsOf(begin, signedOut, signsIn("b", 2), calls("a", 2), reads("a", session(2)), gives("a", 2, "f2a1")),
    ).toEqual([]));
});

describe("After a sign-out every other client (rule 3)", () => {
  it("may give from memory what it may trust, and no longer", () => {
    const fault = "3 a call gives a token of before another client's sign-out, when memory could no longer be trusted";
    expect(faultsOf(begin, signedOut, 900, calls("b", 2), gives("b", 2, "f1a1"))).toEqual([]);
    expect(faultsOf(begin, signedOut, 1100, calls("b", 2), gives("b", 2, "f1a1"))).toEqual([fault]);
  });

  it("gives nothing of before once it has read the store", () =>
    expect(faultsOf(begin, signedOut, calls("b", 2), reads("b"), gives("b", 2, "f1a1"))).toEqual([
      "3 a call gives a token of before another client's sign-out, although it has read the store since",
    ]));

  const late = [starts("a"), starts("b"), ...signsIn("a", 1), opens("b", 102), ...marked, ...exchanges("b", 2)];

  it("stores no login that began before", () => {
    const fault = "3 a sign-out is undone: a login that began before it is stored";
    expect(faultsOf(late, stores("b", session(2, 1, { marks: ["m1"] })))).toEqual([fault]);
    expect(faultsOf(begin, signedOut, signsIn("b", 2))).toEqual([]);
  });

  it("stores one that its mark makes void", () =>
    expect(faultsOf(late, stores("b", session(2, 1, { marks: ["m0"] })))).toEqual([]));

  it("stores the session itself no more", () =>
    expect(faultsOf(begin, signedOut, stores("b", session(1)))).toContain(
      "3 a sign-out is undone: its session is stored again",
    ));

  it("stores one again of which the store has told it nothing, where no mark is there", () => {
    const login = [starts("a"), starts("b"), ...signsIn("b", 2)];
    const untold = { what: "refused", client: "b", doing: "update" } as const;
    const ending = [signOut, deletes("a", session(2)), gives("a", 1), stores("b", session(2))];
    expect(faultsOf(login, untold, ending)).toEqual([]);
    expect(faultsOf(login, ending)).toContain("3 a sign-out is undone: its session is stored again");
    expect(faultsOf(login, reads("b", session(2)), untold, ending)).toContain(
      "3 a sign-out is undone: its session is stored again",
    );
  });

  it("counts the mark of an earlier sign-out, which lands again late, for that one", () => {
    const again = calls("a", 2, { method: "signOut" });
    const lands = { what: "marked", client: "a", mark: "m1" } as const;
    const login = [
      ...signsIn("b", 2),
      calls("b", 3),
      again,
      lands,
      ...reads("b", session(2), "m1"),
      gives("b", 3, "f2a1"),
    ];
    expect(faultsOf(begin, marked, login)).toEqual([]);
    // b's session names neither mark.
    const other = login.map((one) => (one === lands ? { ...lands, mark: "m2" } : one));
    expect(faultsOf(begin, marked, other)).not.toEqual([]);
  });

  it("opens no login for a call from before, once it has seen it", () => {
    const fault = "3 a login opens for a call from before another client's sign-out, which it has seen";
    const [asks, sees] = [calls("b", 2), reads("b", session(1))];
    expect(faultsOf(begin, asks, sees, marked, reads("b", undefined, "m1"), opens("b", 7))).toEqual([fault]);
    expect(faultsOf(begin, marked, asks, reads("b", undefined, "m1"), opens("b", 7))).toEqual([]);
    expect(faultsOf(begin, asks, sees, marked, opens("b", 7))).toEqual([]);
  });
});
