/** Colours: on a terminal, unless NO_COLOR or a dumb terminal says otherwise; FORCE_COLOR decides before both. */
import type { Env } from "./settings.js";

export interface Styles {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly red: (text: string) => string;
}

export function wantsColour(isTerminal: boolean, env: Env): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal && (NO_COLOR ?? "") === "" && TERM !== "dumb";
}

export function stylesOf(isTerminal: boolean, env: Env): Styles {
  const colour = wantsColour(isTerminal, env);
  const style = (on: number, off: number) => (text: string) => (colour ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    green: style(32, 39),
    yellow: style(33, 39),
    red: style(31, 39),
  };
}
