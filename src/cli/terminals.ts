/** Whether somebody looks at a stream. Apart from what writes: node:tty brings half of Node's network part with it. */
import { isatty } from "node:tty";

export const isTerminal = { stdin: () => isatty(0), stdout: () => isatty(1), stderr: () => isatty(2) };
