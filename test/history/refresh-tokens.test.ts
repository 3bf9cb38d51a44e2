import { describe, expect, it } from "vitest";
import { acts, faultsOf, has, sends, session, signsIn, starts, stores } from "./by-hand.js";

const both = [starts("a"), starts("b"), ...signsIn("a", 1)];
const ended = { what: "ended", family: 1, why: "reuse" } as const;

describe("A one-time refresh token is sent once (rule 2)", () => {
  it("by one client after the other, each with the token that the other has stored", () =>
    expect(
      faultsOf(
        both,
        sends("a", 1, "f1r1"),
        acts(1, 1, 2),
        has("a", 1),
        stores("a", session(1, 2), session(1)),
        sends("b", 2, "f1r2"),
      ),
    ).toEqual([]));

  it("not again while its answer is still to come", () =>
    expect(faultsOf(both, sends("a", 1, "f1r1"), sends("b", 2, "f1r1"))).toEqual([
      "2 a one-time refresh token is sent again, although its answer was still to come (of another client)",
    ]));

  it("not again after its answer has come and before it is stored", () =>
    expect(faultsOf(both, sends("a", 1, "f1r1"), acts(1, 1, 2), has("a", 1), sends("b", 2, "f1r1"))).toEqual([
      "2 a one-time refresh token is sent again, although its answer had come (of another client)",
    ]));

  it("and where the session ends by the second time, rule 1 is broken", () =>
    expect(faultsOf(both, sends("a", 1, "f1r1"), acts(1, 1, 2), has("a", 1), sends("a", 2, "f1r1"), ended)).toEqual([
      "1 a one-time refresh token is sent again, although its answer had come (of the same client), and the session ends by it",
    ]));

  it.each([
    ["the answer was lost", { what: "lost", client: "a", request: 1 }],
    ["the client gave the request up", { what: "givenUp", client: "a", request: 1 }],
    ["the client has died", { what: "crash", client: "a" }],
    ["somebody else has answered", has("a", 1, "trouble")],
  ] as const)("again where %s", (_why, happening) =>
    expect(faultsOf(both, sends("a", 1, "f1r1"), acts(1, 1, 2), happening, sends("b", 2, "f1r1"), ended)).toEqual([]),
  );

  it("again where its receiver died before its store took it, not after", () => {
    const received = [...both, sends("a", 1, "f1r1"), acts(1, 1, 2), has("a", 1)];
    const dies = { what: "crash", client: "a" } as const;
    expect(faultsOf(received, dies, sends("b", 2, "f1r1"))).toEqual([]);
    expect(faultsOf(received, stores("a", session(1, 2), session(1)), dies, sends("b", 2, "f1r1"))).toHaveLength(1);
  });

  it("again where a lease ended while its holder was stopped, not where the holder went on", () => {
    const begin = [starts("a", "fleet"), starts("b", "fleet"), ...signsIn("a", 1), sends("a", 1, "f1r1")];
    const stop = { what: "stop", client: "a" } as const;
    const displaced = { what: "displaced", client: "a", lock: "refresh.s-1" } as const;
    expect(faultsOf(begin, stop, displaced, sends("b", 2, "f1r1"))).toEqual([]);
    expect(faultsOf(begin, displaced, sends("b", 2, "f1r1"))).toHaveLength(1);
    expect(faultsOf(begin, stop, sends("b", 2, "f1r1"))).toHaveLength(1);
  });

  it("and as often as anybody likes once the session has ended", () =>
    expect(
      faultsOf(both, { what: "ended", family: 1, why: "own reason" }, sends("a", 1, "f1r1"), sends("b", 2, "f1r1")),
    ).toEqual([]));
});

describe("A lasting refresh token is sent by one party at a time (rule 2)", () => {
  const lasting = { isOneTime: false, refresh: "f1r1" };
  const begin = [
    starts("a"),
    starts("b"),
    { what: "opens", client: "a", login: 101 } as const,
    { what: "sent", client: "a", request: 201, login: 101 } as const,
    acts(201, 1, 1, { ...lasting, login: 101 }),
  ];

  it("one after the other", () =>
    expect(faultsOf(begin, sends("a", 1, "f1r1"), acts(1, 1, 2, lasting), has("a", 1), sends("b", 2, "f1r1"))).toEqual(
      [],
    ));

  it("not side by side", () =>
    expect(faultsOf(begin, sends("a", 1, "f1r1"), sends("b", 2, "f1r1"))).toEqual([
      "2 a lasting refresh token is sent by two parties; its answer was still to come (of another client)",
    ]));
});
