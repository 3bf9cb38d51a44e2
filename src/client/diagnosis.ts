/** What `diagnose()` finds, and how its checks run: side by side, each with its own end, none of which fails the whole. */
import { isKeystoneAuthError, KEPT, type KeystoneAuthError, TimeoutError } from "../errors.js";
import type { Clock } from "../ports.js";
import { beforeDeadline } from "../settle.js";

/**
 * What is checked. In Node and in pages: `metadata`, `keys`, `clock`, `client`, `redirect_uri`, `scopes`, `storage`, `session`
 * and `lock`. In pages also `cors`, `channel` (news between tabs), `silent_login` (the provider's cookies in a frame) and `coop`
 * (the popup's way back). In Node also `browser`, `device_flow`, `keychain`, `proxy` and `certificates`.
 */
export type DiagnosisCheck =
  | "metadata"
  | "keys"
  | "clock"
  | "client"
  | "redirect_uri"
  | "scopes"
  | "storage"
  | "session"
  | "lock"
  | "cors"
  | "channel"
  | "silent_login"
  | "coop"
  | "browser"
  | "device_flow"
  | "keychain"
  | "proxy"
  | "certificates";

/**
 * - `ok`: nothing stands in the way.
 * - `warning`: a login may work, and something looks wrong.
 * - `failed`: a login or a call cannot work.
 * - `skipped`: it does not apply here, or cannot be known without a login; the message says which.
 */
export type DiagnosisOutcome = "ok" | "warning" | "failed" | "skipped";

/** One check of a diagnosis. It holds no secret: neither token nor code nor client secret, nor the value of a proxy variable. */
export interface DiagnosisFinding {
  readonly check: DiagnosisCheck;
  readonly outcome: DiagnosisOutcome;
  /** What was found, for a person, in English. */
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What `diagnose()` gives: a finding for each check, in an order that is good to read. */
export type Diagnosis = readonly DiagnosisFinding[];

/** What a check says, without its name. @internal */
export type Finding = Omit<DiagnosisFinding, "check">;

/** @internal */
export const ok = (message: string, advice?: string): Finding => finding("ok", message, advice);
/** @internal */
export const warning = (message: string, advice?: string): Finding => finding("warning", message, advice);
/** @internal */
export const failed = (message: string, advice?: string): Finding => finding("failed", message, advice);
/** @internal */
export const skipped = (message: string, advice?: string): Finding => finding("skipped", message, advice);

function finding(outcome: DiagnosisOutcome, message: string, advice: string | undefined): Finding {
  return { outcome, message, ...(advice !== undefined && { advice }) };
}

/** An error's message, without what became of the session: a diagnosis touches none. @internal */
export const problemOf = ({ message }: KeystoneAuthError): string => message.replace(` ${KEPT}`, "");

/** Runs one check. Never rejects: what it throws is its finding, and so is a check that takes too long. @internal */
export type RunCheck = (examine: () => Finding | Promise<Finding>) => Promise<Finding>;

/** @internal */
export function checkWithin(clock: Clock, timeoutMs: number): RunCheck {
  const late = () =>
    new TimeoutError(`There was no answer within ${timeoutMs / 1000} s (option requestTimeoutSeconds).`);
  return async (examine) => {
    try {
      return await beforeDeadline(clock, timeoutMs, late, async () => await examine());
    } catch (error) {
      if (isKeystoneAuthError(error)) return failed(problemOf(error));
      // The message of a foreign error could hold anything.
      return failed(`This check could not be made, for a reason that is not foreseen (${nameOf(error)}).`);
    }
  };
}

function nameOf(error: unknown): string {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" && /^\w{1,40}$/.test(name) ? name : typeof error;
}

/** Waits for the checks that run, and names them. @internal */
export async function diagnosisOf(
  running: Readonly<Partial<Record<DiagnosisCheck, Promise<Finding>>>>,
): Promise<Diagnosis> {
  return await Promise.all(
    Object.entries(running).map(async ([check, found]) => ({ check: check as DiagnosisCheck, ...(await found) })),
  );
}
