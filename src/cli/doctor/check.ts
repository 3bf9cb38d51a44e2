/** One line of the report. */

export interface Finding {
  /** `failed`: a sign-in, or a call, cannot work. `warning`: it can, and something is wrong. `none`: does not apply here. */
  readonly state: "ok" | "warning" | "failed" | "none";
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly todo?: string | undefined;
  /** What the whole report exits with, where this failed. */
  readonly exitCode?: number;
}

export interface Check extends Finding {
  readonly name: string;
}

export const ok = (found: string): Finding => ({ state: "ok", found });
export const none = (found: string): Finding => ({ state: "none", found });
export const warning = (found: string, todo?: string): Finding => ({ state: "warning", found, todo });
export const failed = (exitCode: number, found: string, todo?: string): Finding => ({
  state: "failed",
  found,
  todo,
  exitCode,
});
