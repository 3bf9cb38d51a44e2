import { describe, expect, it } from "vitest";
import {
  acts,
  calls,
  deletes,
  fails,
  faultsOf,
  gives,
  has,
  reads,
  sends,
  session,
  signsIn,
  starts,
  stores,
} from "./by-hand.js";

const begin = [starts("a"), starts("b"), ...signsIn("a", 1)];

describe("A token handed out is the right one (rule 4)", () => {
  const given = (token: string, more = {}) => faultsOf(begin, calls("a", 1), gives("a", 1, token, more));

  it("one that the provider issued", () => {
    expect(given("f1a1")).toEqual([]);
    expect(given("f7a1")).toEqual(["4 a token is given that the provider never issued"]);
  });

  it("of the person that the claims name", () => {
    expect(given("f1a1", { person: "Ann" })).toEqual([]);
    expect(given("f1a1", { person: "Bob" })).toEqual(["4 the claims beside a token are another person's"]);
  });

  it("not of an answer that speaks of another person", () =>
    expect(
      faultsOf(
        begin,
        sends("a", 1, "f1r1"),
        acts(1, 1, 2, { isForeign: true }),
        has("a", 1),
        calls("a", 1),
        gives("a", 1, "f1a2"),
      ),
    ).toEqual(["4 a token is given whose answer speaks of another person"]));

  it("not one beside an ID Token that cannot be validated", () =>
    expect(
      faultsOf(
        begin,
        sends("a", 1, "f1r1"),
        acts(1, 1, 2, { isUnproven: true }),
        has("a", 1),
        calls("a", 1),
        gives("a", 1, "f1a2"),
      ),
    ).toEqual(["4 a token is given beside an ID Token that cannot be validated"]));

  it("with the scopes asked", () =>
    expect(
      faultsOf(
        begin,
        sends("a", 1, "f1r1"),
        acts(1, 1, 2, { scopes: [] }),
        has("a", 1),
        stores("a", session(1, 2), session(1)),
        calls("a", 1),
        gives("a", 1, "f1a2"),
      ),
    ).toEqual(["4 a token is given without a scope that was asked for"]));

  it("not the one that was refused", () =>
    expect(faultsOf(begin, calls("a", 1, { refused: "f1a1" }), gives("a", 1, "f1a1"))).toEqual([
      "4 the very token is given that was refused",
    ]));

  it("not one that is known to be expired", () => {
    const expired = ["4 a token is given that is known to be expired"];
    const at = (wall: number) => faultsOf(begin, calls("b", 1), gives("b", 1, "f1a1", { wall }));
    expect(at(3_599_999)).toEqual([]);
    expect(at(3_600_000)).toEqual(expired);
  });

  it("but one that its receiver has held for less than its life, whatever the wall clock says", () => {
    const held = (ms: number) => faultsOf(begin, ms, calls("a", 1), gives("a", 1, "f1a1", { wall: 4_000_000 }));
    expect(held(1000)).toEqual([]);
    expect(held(3_600_000)).toHaveLength(1);
  });
});

describe("What a call says of the session is true (rule 5)", () => {
  const failed = (failure: { code: string; reason?: string; sessionKept?: boolean }) =>
    faultsOf(begin, calls("b", 1), reads("b", session(1)), fails("b", 1, failure));

  it("no session, where there was one all the time", () => {
    const none = { code: "login_required", reason: "no_session" };
    expect(failed(none)).toEqual(["5 a call says that there is no session, and there was one all the time"]);
    expect(faultsOf(starts("b"), starts("a"), calls("b", 1), reads("b"), signsIn("a", 1), fails("b", 1, none))).toEqual(
      [],
    );
  });

  it("signed out, where nobody has", () => {
    const out = { code: "login_required", reason: "signed_out" };
    expect(failed(out)).toEqual(["5 a call says that somebody signed out, and nobody did"]);
    const signOut = [calls("a", 2, { method: "signOut" }), deletes("a", session(1)), gives("a", 2)];
    expect(faultsOf(begin, signOut, calls("b", 1), reads("b"), fails("b", 1, out))).toEqual([]);
  });

  it("refused, where the provider has not", () =>
    expect(failed({ code: "login_required", reason: "refresh_rejected" })).toEqual([
      "5 a call says that the provider refused, and it did not",
    ]));

  it("gone, where it lives", () => {
    expect(failed({ code: "network", sessionKept: false })).toEqual([
      "5 a call says that the session has gone, and it lives",
    ]);
    expect(failed({ code: "network", sessionKept: true })).toEqual([]);
  });

  it("in an error of ours", () => expect(failed({ code: "foreign: TypeError" })).toHaveLength(1));
});

describe("Every call settles in its bound (rule 6)", () => {
  const late = ["6 a call takes longer than its bound (getAccessToken)"];

  it("where it may ask nobody", () => {
    const took = (ms: number) => faultsOf(begin, calls("a", 1, { never: true }), ms, gives("a", 1));
    expect(took(400_000)).toEqual([]);
    expect(took(500_000)).toEqual(late);
  });

  it("the time left out in which its client was stopped", () =>
    expect(
      faultsOf(
        begin,
        calls("a", 1, { never: true }),
        { what: "stop", client: "a" },
        500_000,
        { what: "wake", client: "a" },
        gives("a", 1),
      ),
    ).toEqual([]));

  it("or when its client is closed", () => {
    const closes = [
      { what: "closing", client: "a" },
      { what: "closed", client: "a" },
    ] as const;
    expect(faultsOf(begin, calls("a", 1), closes)).toEqual(["6 a call never settles (getAccessToken)"]);
    expect(faultsOf(begin, calls("a", 1), fails("a", 1, { code: "aborted" }), closes)).toEqual([]);
    expect(faultsOf(begin, calls("a", 1), { what: "crash", client: "a" })).toEqual([]);
  });
});
