import { describe, expect, it } from "vitest";
import {
  acts,
  asksLast,
  calls,
  deletes,
  fails,
  faultsOf,
  gives,
  reads,
  has,
  sends,
  session,
  signsIn,
  starts,
  stores,
} from "./by-hand.js";

const begin = [starts("a"), starts("b"), ...signsIn("a", 1)];
const none = { code: "login_required", reason: "no_session" };
const signOut = calls("b", 1, { method: "signOut" });

describe("A session ends by the user's doing, or by the provider's word (rule 1)", () => {
  it("by a sign-out", () => expect(faultsOf(begin, signOut, deletes("b", session(1)), gives("b", 1))).toEqual([]));

  it("where the provider refused its token", () =>
    expect(
      faultsOf(
        begin,
        { what: "ended", family: 1, why: "own reason" },
        sends("b", 1, "f1r1"),
        { what: "acted", request: 1, answer: "invalid_grant", family: 1 },
        has("b", 1, "invalid_grant"),
        deletes("b", session(1)),
      ),
    ).toEqual([]));

  it("not without a reason", () =>
    expect(faultsOf(begin, deletes("b", session(1)))).toEqual(["1 a session is deleted that nobody ended"]));

  it("not by a sign-out that was over before it began", () =>
    expect(
      faultsOf(
        starts("a"),
        starts("b"),
        signOut,
        deletes("b"),
        gives("b", 1),
        signsIn("a", 1),
        deletes("b", session(1)),
      ),
    ).toEqual(["1 a session is deleted that nobody ended"]));

  it("and at the end the stored session can be used", () => {
    expect(faultsOf(begin, starts("c"), asksLast("c", 9), fails("c", 9, none))).toContain(
      "1 the stored session lives, and cannot be used",
    );
    expect(faultsOf(begin, starts("c"), asksLast("c", 9), gives("c", 9, "f1a1"))).toEqual([]);
  });
});

describe("What was refused is stored when the store is well again (rule 8)", () => {
  const refreshed = [...begin, sends("b", 1, "f1r1"), acts(1, 1, 2), has("b", 1)];
  const end = [starts("c"), asksLast("c", 9), gives("c", 9, "f1a2")];
  const fault = "8 what a refresh brought to a living client is not stored";

  it("what a refresh brought", () => {
    expect(faultsOf(refreshed, end)).toEqual([fault]);
    expect(faultsOf(refreshed, stores("b", session(1, 2), session(1)), end)).toEqual([]);
  });

  it("not where nobody has seen what is stored", () =>
    expect(faultsOf({ what: "unseen", kinds: ["landed"] }, refreshed, end)).toEqual([]));

  it("not where the client has died, or somebody has signed out", () => {
    expect(faultsOf(refreshed, { what: "crash", client: "b" }, end)).toEqual([]);
    expect(
      faultsOf(refreshed, calls("a", 1, { method: "signOut" }), deletes("a", session(1)), end.slice(0, 2)),
    ).toEqual([]);
  });

  it("and the deletion of a sign-out", () => {
    const fault = "8 a session that a living client signed out of is still stored at the end";
    const sees = reads("b", session(1));
    expect(faultsOf(begin, signOut, sees, gives("b", 1))).toEqual([fault]);
    expect(faultsOf(begin, signOut, sees, gives("b", 1), 5000, deletes("b", session(1)))).toEqual([]);
  });
});
