/** The report as text and as JSON. */
import type { Styles } from "../style.js";
import type { Check } from "./check.js";

export interface Report {
  readonly versions: Readonly<Record<"keystoneAuth" | "node" | "platform", string>>;
  readonly checks: readonly Check[];
}

export function isHealthy({ checks }: Report): boolean {
  return checks.every(({ state }) => state !== "failed");
}

/** Every text of the report, changed. */
export function mapTexts(report: Report, change: (text: string) => string): Report {
  const checks = report.checks.map((check) => ({
    ...check,
    found: change(check.found),
    ...(check.todo !== undefined && { todo: change(check.todo) }),
  }));
  return { ...report, checks };
}

export function reportText(report: Report, styles: Styles): string {
  const { keystoneAuth, node, platform } = report.versions;
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const marks = { ok: styles.green("✓"), warning: styles.yellow("!"), failed: styles.red("✗"), none: styles.dim("–") };
  const lines = report.checks.flatMap(({ name, state, found, todo }) => [
    `${marks[state]} ${name.padEnd(width)}  ${found}`,
    ...(todo === undefined ? [] : [`  ${"".padEnd(width)}  ${styles.bold("→")} ${todo}`]),
  ]);
  const count = report.checks.filter(({ state }) => state === "failed").length;
  const end =
    count === 0 ? "Nothing stands in the way of a sign-in." : `${count} ${count === 1 ? "check" : "checks"} failed.`;
  return [`keystone-auth ${keystoneAuth}, Node ${node}, ${platform}`, "", ...lines, "", end, ""].join("\n");
}

export function reportJson(report: Report): string {
  const checks = report.checks.map(({ name, state, found, todo }) => ({ name, state, found, todo: todo ?? null }));
  return `${JSON.stringify({ healthy: isHealthy(report), versions: report.versions, checks })}\n`;
}
