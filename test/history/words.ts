/** A history as sentences, for whoever has to follow it. */
import type { Event, Failure, SettledEvent, Stored, Violation } from "./events.js";

const KINDS = { process: "a process", thread: "a thread", tab: "a tab", fleet: "a server of a fleet" };

function content(stored: Stored | undefined): string {
  if (!stored) return "no session";
  const access = stored.access === undefined ? "no access token" : `access token ${stored.access}`;
  const marks = stored.marks ? stored.marks.map((mark) => mark.slice(0, 6)).join(" ") || "none" : "not told";
  return `session ${stored.id} (refresh token ${stored.refresh ?? "none"}, ${access}; sign-outs before it: ${marks})`;
}

function failure({ code, reason, sessionKept }: Failure): string {
  const session = sessionKept === undefined ? "" : sessionKept ? ", session kept" : ", session gone";
  return `fails: ${code}${reason ? ` (${reason})` : ""}${session}`;
}

function outcome({ token, person, failure: error }: SettledEvent): string {
  if (error) return failure(error);
  if (token === undefined) return person === undefined ? "is done" : `gives the claims of ${person}`;
  return `gives access token ${token}`;
}

/** `undefined` for what says nothing by itself. */
function sentence(event: Event): string | undefined {
  switch (event.what) {
    case "client":
      return `${event.client} starts (${KINDS[event.kind]})`;
    case "crash":
      return `${event.client} dies`;
    case "stop":
      return `${event.client} is stopped`;
    case "wake":
      return `${event.client} goes on`;
    case "closing":
      return `${event.client} is closed by its program`;
    case "closed":
      return `${event.client}: close() is done`;
    case "clock":
      return `the wall clock of ${event.client} jumps by ${event.byMs / 1000} s`;
    case "call": {
      const options = [event.never && "never", event.forced && "forced", event.refused && `refused ${event.refused}`];
      return `${event.client} calls ${event.method}(${options.filter(Boolean).join(", ")}): call ${event.call}`;
    }
    case "abort":
      return `${event.client} aborts call ${event.call}`;
    case "settled":
      return `${event.client}: call ${event.call} ${outcome(event)}`;
    case "heard":
      return `${event.client} hears: ${event.event} ${event.detail}`;
    case "opens":
      return `${event.client} shows login ${event.login} to a person`;
    case "agrees":
      return `${event.person} signs in (login ${event.login} of ${event.client})`;
    case "sent":
      return `${event.client} sends ${event.refresh ? `refresh token ${event.refresh}` : `the code of login ${event.login}`}: request ${event.request}`;
    case "acted": {
      if (event.answer !== "tokens") return `the provider refuses request ${event.request}: ${event.answer}`;
      const wrong = event.isForeign
        ? ", with an ID Token of another person"
        : event.isUnproven
          ? ", with a wrong ID Token"
          : "";
      return `the provider answers request ${event.request} with refresh token ${event.refresh} and access token ${event.access}${wrong}`;
    }
    case "answered":
      return `${event.client} has the answer to request ${event.request}: ${event.answer}`;
    case "lost":
      return `the answer to request ${event.request} of ${event.client} is lost`;
    case "givenUp":
      return `${event.client} gives request ${event.request} up`;
    case "ended":
      return `the provider ends session ${event.family}: ${event.why}`;
    case "asks":
    case "unseen":
    case "end":
      return undefined;
    case "read":
      return `${event.client} has read the store: ${content(event.stored)}`;
    case "readMark":
      return `${event.client} has read the mark of a sign-out: ${event.mark ?? "none"}`;
    case "landed":
      return event.stored
        ? `${event.client} stores ${content(event.stored)}`
        : `${event.client} deletes ${content(event.before)}`;
    case "marked":
      return `${event.client} stores the mark ${event.mark} of a sign-out`;
    case "refused":
      return `the store fails ${event.client} (${event.doing})`;
    case "writes":
      return `${event.client} sends the store a ${event.doing}`;
    case "locked":
      return `${event.client} takes the lock ${nameOf(event.lock)}`;
    case "unlocked":
      return `${event.client} gives the lock ${nameOf(event.lock)} back`;
    case "displaced":
      return `the lease of ${event.client} ends: ${nameOf(event.lock)}`;
    case "keys":
      return event.detail;
    case "calm":
      return "everybody goes on, and nothing fails any more";
    case "unhandled":
      return `nobody handles a rejection: ${event.message}`;
  }
}

/** `refresh.s-...` as `refresh`. */
const nameOf = (lock: string) => lock.split(".")[0] ?? lock;

/** One line an event, with the seconds since the beginning; the violations stand where they happen. */
export function tellHistory(events: readonly Event[], violations: readonly Violation[]): string {
  const lines = events.flatMap((event, index) => {
    const told = sentence(event);
    const seconds = (event.at / 1000).toFixed(1).padStart(8);
    const broken = violations.filter((violation) => violation.index === index);
    return [
      ...(told === undefined ? [] : [`${seconds}  ${told}`]),
      ...broken.map(({ rule, fault, detail }) => `${" ".repeat(8)}  ^ rule ${rule}: ${fault} (${detail})`),
    ];
  });
  return lines.join("\n");
}
