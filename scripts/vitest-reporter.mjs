/**
 * Counts the tests. Prints the count as a line of its own, or, when TEST_COUNTS names a file, writes it there with the
 * skipped tests and their reasons, so that scripts/test.mjs can print one line for all its runs, and with the tests of
 * hostile cases for scripts/cases.mjs.
 */
import { writeFileSync } from "node:fs";
import { idsOf } from "./cases/list.mjs";

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors = []) {
    // What fails outside a test (an error that nobody caught, a file that does not load, a hook) has no test to count:
    // it counts as one failure, so that "0 failed" is never said of a run that failed.
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, skippedTests: [], cases: [] };
    for (const module of modules) {
      const outside = [module, ...module.children.allSuites()].filter((owner) => owner.errors().length > 0);
      count.failed += outside.length;
      for (const test of module.children.allTests()) countTest(count, test);
    }
    const file = process.env.TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(count));
    else console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

function countTest(count, test) {
  const { state, note } = test.result();
  // A test that never came to an end has not passed.
  const counted = state === "passed" || state === "skipped" ? state : "failed";
  count[counted] += 1;
  if (idsOf(test.name).length > 0) {
    count.cases.push({ file: test.module.relativeModuleId, title: test.name, state: counted });
  }
  if (state === "skipped") {
    const reason = note ?? (test.options.mode === "todo" ? "to do" : "no reason given");
    count.skippedTests.push(`${test.module.relativeModuleId} > ${test.fullName}: ${reason}`);
  }
}
