/** Runs schedules and judges them: what `npm run simulate` starts, once for each core. One line of JSON a result. */
import { checkHistory } from "../../history/check.js";
import type { Event, Violation } from "../../history/events.js";
import { tellHistory } from "../../history/words.js";
import { installAbort } from "../abort.js";
import { type Missing, runSchedule } from "../schedule.js";
import { shrink } from "../shrink.js";
import { installWebCrypto } from "../web-crypto.js";

interface Order {
  /** The first seed, and how many follow it, `step` apart. */
  readonly seed: number;
  readonly schedules: number;
  readonly step: number;
  readonly missing?: Missing;
  /** Of violations alone whose words match this. */
  readonly finds?: string;
  /** Run each seed twice. */
  readonly twice?: boolean;
  /** Stop at the first violation. */
  readonly first?: boolean;
  /** Tell the whole history of the first seed, or of these choices of it. */
  readonly tells?: boolean;
  readonly choices?: readonly number[];
  /** Make these choices fewer and lower, as long as there is a violation of this name. */
  readonly name?: string;
}

/** The first schedule of each kind of violation. */
interface Found {
  readonly violation: Violation;
  readonly seed: number;
  readonly choices: readonly number[];
  count: number;
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const nameOf = ({ rule, fault }: Violation) => `${rule} ${fault}`;

/** What was exercised, so that one sees what is never tried. */
function count(counts: Record<string, number>, history: readonly Event[]): void {
  for (const event of history) {
    const name = event.what === "call" ? event.method : event.what;
    counts[name] = (counts[name] ?? 0) + 1;
  }
}

/** The shortest history of the same violation that can be found. */
async function shorten({ seed, missing, name }: Order, choices: readonly number[]): Promise<void> {
  const attempt = async (candidate: readonly number[]) => {
    const ran = await runSchedule(seed, missing, candidate);
    return checkHistory(ran.history).some((other) => nameOf(other) === name) ? ran.choices : undefined;
  };
  const short = await shrink(choices, attempt);
  const { history } = await runSchedule(seed, missing, short);
  say({ name, seed, choices: short, told: tellHistory(history, checkHistory(history)) });
}

async function runAll(order: Order): Promise<void> {
  const counts: Record<string, number> = {};
  const found = new Map<string, Found>();
  const wanted = new RegExp(order.finds ?? "");
  let [ran, broken, different] = [0, 0, 0];
  for (let at = 0; at < order.schedules; at += 1) {
    const seed = order.seed + at * order.step;
    const { history, choices } = await runSchedule(seed, order.missing);
    count(counts, history);
    ran += 1;
    if (order.twice) {
      const again = await runSchedule(seed, order.missing);
      if (JSON.stringify(again) !== JSON.stringify({ history, choices })) different += 1;
    }
    const violations = checkHistory(history).filter(({ fault }) => wanted.test(fault));
    const kinds = new Map(violations.map((violation) => [nameOf(violation), violation]));
    if (kinds.size === 0) continue;
    broken += 1;
    for (const [name, violation] of kinds) {
      const known = found.get(name);
      if (known) known.count += 1;
      if (!known || choices.length < known.choices.length)
        found.set(name, { violation, seed, choices, count: known?.count ?? 1 });
    }
    if (order.first) break;
  }
  say({ counts, ran, broken, different });
  for (const [name, entry] of found) {
    say({ name, count: entry.count, seed: entry.seed, choices: entry.choices });
  }
}

installAbort();
installWebCrypto();
// A stack for each error would take a tenth of the time.
Error.stackTraceLimit = 0;
const order = JSON.parse(process.argv[2] ?? "{}") as Order;
if (order.tells) {
  const { history } = await runSchedule(order.seed, order.missing, order.choices);
  say({ told: tellHistory(history, checkHistory(history)) });
} else await (order.choices ? shorten(order, order.choices) : runAll(order));
