/** Notes the calls of a client, in a process or a page, and how they end. It knows the library by its interface alone. */
import { type CallEvent, METHODS, type Method } from "../events.js";
import { failureOf, givenBy, type Outcome } from "../outcomes.js";
import type { Notes } from "./notes.js";

interface TokenOptions {
  readonly interaction?: string;
  readonly forceRefresh?: boolean;
  readonly rejectedToken?: string;
}

/** How to work for a client, and whether the next call is the question at the end. */
interface Way {
  readonly within: <T>(work: () => T) => T;
  readonly isLast: () => boolean;
}

type Listen = (event: "session" | "storage", listener: (told: Told) => void) => void;
type Told = { readonly reason?: string; readonly error?: { readonly kind?: string } };

/** The same client, whose calls are noted under this name. */
export function recordCalls<Client extends object & { on: unknown }>(
  client: Client,
  name: string,
  notes: Notes,
  way: Way = { within: (work) => work(), isLast: () => false },
): Client {
  for (const event of ["session", "storage"] as const) {
    const hear = ({ reason, error }: Told) =>
      notes.note({ what: "heard", client: name, event, detail: reason ?? error?.kind ?? "" });
    (client.on as Listen).call(client, event, hear);
  }
  return new Proxy(client, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      const call = (...values: unknown[]): unknown => way.within(() => Reflect.apply(value, target, values));
      if (property === "close") return () => noteClose(name, notes, call);
      const method = METHODS.find((one) => one === property);
      if (!method) return call;
      return (options?: TokenOptions) => {
        const asked = { ...askedOf(options ?? {}), ...(way.isLast() && { isLast: true }) };
        // Without options a token goes the way through memory.
        return noteCall(name, method, asked, notes, () => (options ? call(options) : call()));
      };
    },
  });
}

async function noteClose(client: string, notes: Notes, run: () => unknown): Promise<void> {
  notes.note({ what: "closing", client });
  await run();
  notes.note({ what: "closed", client });
}

async function noteCall(
  client: string,
  method: Method,
  asked: Partial<CallEvent>,
  notes: Notes,
  run: () => unknown,
): Promise<unknown> {
  const call = notes.next();
  notes.note({ what: "call", client, call, method, ...asked });
  const settle = (outcome: Outcome) => notes.note({ what: "settled", client, call, wall: Date.now(), ...outcome });
  try {
    const value = await run();
    settle(givenBy(method, value));
    return value;
  } catch (error) {
    settle({ failure: failureOf(error) });
    throw error;
  }
}

function askedOf({ interaction, forceRefresh, rejectedToken }: TokenOptions): Partial<CallEvent> {
  return {
    ...(interaction === "never" && { never: true }),
    ...(forceRefresh === true && { forced: true }),
    ...(rejectedToken !== undefined && { refused: rejectedToken }),
  };
}
