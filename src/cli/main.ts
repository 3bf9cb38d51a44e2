#!/usr/bin/env node
/** The command. The one module of this package that works when it is loaded: it is started, not imported. */
import { run } from "./run.js";

// Stays where the process ends before the command has: nothing may look like success by accident.
process.exitCode = 1;
// Not awaited: the parts that load later import from the bundle of this one, and would wait for its end.
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
