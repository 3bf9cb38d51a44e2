/** The store that all clients share, and its troubles: calls that fail, hang, or have landed although nobody hears of it. */
import { BOUNDS } from "./plan.js";
import type { Stored } from "../history/events.js";
import { isKeystoneAuthError } from "../../src/errors.js";
import type { SessionRecord } from "../../src/token-set.js";
import type { Actor, World } from "./world.js";

/** What becomes of one call of the store. */
type Fate = "works" | "fails" | "hangs before" | "hangs after" | "fails after";

/** A time in which nothing works of what it names; for all, or for one client. */
interface Spell {
  readonly client: Actor | undefined;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly hangs: boolean;
}

/** One call: what it does, in one moment, and whether that changes anything. */
export interface StoreCall<T> {
  readonly doing: string;
  readonly isWrite: boolean;
  readonly key: string;
  readonly effect: () => T;
  /** Whether its answer shows what was stored. */
  readonly looks: boolean;
  /** Whether it lands by itself once it is sent: the store is somewhere else, and not code of the client. */
  readonly isRemote: boolean;
}

const failure = (code: string) => Object.assign(new Error("the disk says no"), { code });

export class Disk {
  readonly records = new Map<string, unknown>();
  /** Whether what takes effect now was given up before. */
  #isLate = false;
  readonly #versions = new Map<string, number>();
  readonly #hanging: (() => void)[] = [];
  #spell: Spell | undefined;

  constructor(private readonly world: World) {}

  /** Differs after each write. */
  version(key: string): number {
    return this.#versions.get(key) ?? 0;
  }

  get isInTrouble(): boolean {
    return this.#spell !== undefined;
  }

  beginTrouble(client: Actor | undefined): void {
    const { choices } = this.world;
    const [reads, writes] = [choices.chance(0.5), !choices.chance(0.2)];
    this.#spell = { client, reads, writes, hangs: choices.chance(0.3) };
  }

  /** What hung goes on: it may still land. */
  endTrouble(): void {
    this.#spell = undefined;
    for (const goOn of this.#hanging.splice(0)) goOn();
  }

  /** Tells that a client asks what is stored; gives what tells that it has the answer. */
  #tellAsked({ name: client }: Actor, key: string): (value: unknown) => void {
    const { world } = this;
    const read = world.next();
    world.tell({ what: "asks", client, read });
    return (value) => {
      if (isSessionKey(key)) world.tell({ what: "read", client, read, stored: namesOf(value) });
      else world.tell({ what: "readMark", client, read, mark: value === undefined ? undefined : markOf(value) });
    };
  }

  /** `undefined` deletes. */
  write(owner: Actor, key: string, value: unknown): void {
    const before = isSessionKey(key) ? namesOf(this.records.get(key)) : undefined;
    this.#versions.set(key, this.version(key) + 1);
    if (value === undefined) this.records.delete(key);
    else this.records.set(key, value);
    const late = this.#isLate ? { isLate: true } : {};
    if (isSessionKey(key))
      this.world.tell({ what: "landed", client: owner.name, stored: namesOf(value), before, ...late });
    else if (value !== undefined) this.world.tell({ what: "marked", client: owner.name, mark: markOf(value) });
  }

  /** Runs one call: it takes effect in a step, and its answer comes in another. */
  call<T>(owner: Actor, { doing, isWrite, key, effect, looks, isRemote }: StoreCall<T>): Promise<T> {
    const fate = this.#fate(owner, isWrite, isRemote);
    const { world } = this;
    if (isRemote && isWrite) world.tell({ what: "writes", client: owner.name, doing });
    const begun = world.time;
    const tellRead = looks ? this.#tellAsked(owner, key) : () => {};
    return new Promise((resolve, reject) => {
      const refuse = () => {
        world.tell({ what: "refused", client: owner.name, doing });
        world.post(owner, () => reject(failure("EIO")));
      };
      const take = () => {
        try {
          const before = this.records.get(key);
          this.#isLate = world.time - begun >= BOUNDS.storage;
          const result = effect();
          if (fate === "fails after") return refuse();
          const answer = () =>
            world.post(owner, () => {
              tellRead(before);
              resolve(result);
            });
          if (fate === "hangs after") this.#hanging.push(answer);
          else answer();
        } catch (error) {
          // What a change throws is the client's; a fault of this file must not look like trouble of a disk.
          if (!isKeystoneAuthError(error)) throw error;
          world.post(owner, () => reject(error));
        }
      };
      // What was sent to a store elsewhere lands, whatever becomes of the sender; code of the client's own stops with it.
      const begin = () => world.post(isRemote ? undefined : owner, take);
      if (fate === "fails") world.post(owner, refuse);
      else if (fate === "hangs before") this.#hanging.push(begin);
      else begin();
      if (fate.startsWith("hangs"))
        world.tell({ what: "refused", client: owner.name, doing: `${doing}, without an answer` });
    });
  }

  #fate(owner: Actor, isWrite: boolean, isRemote: boolean): Fate {
    const { choices, plan, isFaulty } = this.world;
    if (!isFaulty) return "works";
    const spell = this.#spell;
    const isStruck =
      spell && (spell.client === undefined || spell.client === owner) && (isWrite ? spell.writes : spell.reads);
    if (isStruck) return spell.hangs ? "hangs before" : "fails";
    if (!choices.chance(plan.storeFaults / 3)) return "works";
    return (["fails", "hangs before", "hangs after", "fails after"] as const)[
      choices.weighted([4, 1, 1, isWrite && isRemote ? 2 : 0])
    ] as Fate;
  }
}

const isSessionKey = (key: string) => !key.endsWith(".out");

const markOf = (value: unknown): string => {
  const { id } = value as { id?: unknown };
  return typeof id === "string" ? id : JSON.stringify(value);
};

function namesOf(value: unknown): Stored | undefined {
  if (value === undefined) return undefined;
  const { id, refreshToken, accessTokens, signOuts } = value as SessionRecord;
  const access = accessTokens.default;
  return {
    id: id.slice(0, 6),
    ...(refreshToken !== undefined && { refresh: refreshToken }),
    ...(access && { access: access.token, expiresAt: access.expiresAt }),
    ...(signOuts && { marks: signOuts }),
  };
}
