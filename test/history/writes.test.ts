import { describe, expect, it } from "vitest";
import { acts, exchanges, faultsOf, has, opens, sends, session, signsIn, starts, stores } from "./by-hand.js";

const fault = "7 an older state is written over a newer one";
const refreshed = (kind: "process" | "fleet") => [
  starts("a", kind),
  starts("b", kind),
  ...signsIn("a", 1),
  sends("a", 1, "f1r1"),
  acts(1, 1, 2),
  has("a", 1),
  stores("a", session(1, 2), session(1)),
];

describe("Nothing is written over by an older state (rule 7)", () => {
  it("of the same session", () => {
    expect(faultsOf(refreshed("process"))).toEqual([]);
    expect(faultsOf(refreshed("process"), stores("b", session(1), session(1, 2)))).toEqual([fault]);
  });

  it("of an earlier one", () =>
    expect(
      faultsOf(refreshed("process"), signsIn("b", 2, session(1, 2)), stores("a", session(1, 2), session(2))),
    ).toContain(fault));

  it("but of two logins side by side the one that is stored last stays", () => {
    const both = [
      starts("a"),
      starts("b"),
      opens("a", 101),
      opens("b", 102),
      ...exchanges("a", 1),
      ...exchanges("b", 2),
    ];
    expect(faultsOf(both, stores("b", session(2)), stores("a", session(1), session(2)))).toEqual([]);
  });

  it("but by a write to a store elsewhere that was under way when its lease ended, and by none that began later", () => {
    const lock = { client: "b", lock: "record.s-1" };
    const locked = { what: "locked", ...lock } as const;
    const displaced = { what: "displaced", ...lock } as const;
    const writes = { what: "writes", client: "b", doing: "set" } as const;
    const lands = stores("b", session(1), session(1, 2));
    expect(faultsOf(refreshed("fleet"), locked, writes, displaced, lands)).toEqual([]);
    expect(faultsOf(refreshed("fleet"), locked, displaced, writes, lands)).toEqual([fault]);
  });
});
