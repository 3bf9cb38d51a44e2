/** Medians and the table. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The lower and the upper quartile: how far the runs of a row lie apart. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.25, 0.75].map((part) => sorted[Math.round(part * (sorted.length - 1))]);
}

const COLUMNS = ["what", "measured", "floor", "result", "target", ""];

/** Prints rows of `{ what, measured, floor, result, target, met }`; `met` is left out where a row only informs. */
export function printTable(rows) {
  const mark = ({ met }) => (met === undefined ? "" : met ? "✓" : "✗ missed");
  const cells = rows.map((row) =>
    [row.what, row.measured, row.floor, row.result, row.target, mark(row)].map((cell) => cell ?? ""),
  );
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd();
  console.log(line(COLUMNS));
  console.log(widths.map((width) => "─".repeat(width)).join("  "));
  for (const row of cells) console.log(line(row));
}
