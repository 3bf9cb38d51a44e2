/** A device code as a person sees it at a terminal (RFC 8628 §3.3). */
import { oneLine } from "../options/log.js";
import type { DeviceCodePrompt } from "../ports.js";
import { bold, type Terminal } from "./terminal.js";

/** The line of the wait, and the one that the shell writes next. */
const ROWS_BELOW = 2;

/**
 * Shows address and code, below the sentences that say who asks and why, and a QR code where all of it fits. Its texts come from the
 * provider: characters that drive a terminal or turn text around are taken out.
 */
export async function showDeviceCode(
  prompt: DeviceCodePrompt,
  terminal: Terminal,
  lead: readonly string[],
): Promise<void> {
  const code = linesOf(prompt, terminal);
  const plain = ["", ...lead, "", "To sign in, open this address on any device:", ...code];
  const qr = await qrCode(prompt.verificationUriComplete ?? prompt.verificationUri, terminal);
  const scanned = qr && [
    "",
    ...lead,
    "",
    "Scan this with your phone:",
    "",
    ...qr,
    "",
    "or open this address on any device:",
    ...code,
  ];
  const lines = scanned && fits(scanned, terminal) ? scanned : plain;
  terminal.write(`${lines.join("\n")}\n`);
}

function linesOf({ verificationUri, userCode, expiresInSeconds }: DeviceCodePrompt, terminal: Terminal): string[] {
  return [
    "",
    `    ${bold(oneLine(verificationUri, 2000), terminal)}`,
    "",
    "and enter this code, or check that it is the one shown there:",
    "",
    `    ${bold(oneLine(userCode, 100), terminal)}`,
    "",
    `The code expires in ${duration(expiresInSeconds)}.`,
    "",
  ];
}

/** A picture whose upper half has scrolled away cannot be scanned, and pushes away what was there before. */
function fits(lines: readonly string[], { columns, rows }: Terminal): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours take no room
  const widths = lines.map((line) => line.replace(/\u001b\[[\d;]*m/g, "").length);
  const taken = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
  return taken + ROWS_BELOW <= rows;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} seconds`;
  return `${Math.floor(seconds / 60)} minutes`;
}

/** Nothing where it would be too wide or could not be read; a QR code is a convenience, and never a reason to fail. */
async function qrCode(text: string, terminal: Terminal): Promise<string[] | undefined> {
  // A phone opens what it scans: no other scheme may get into the picture.
  if (!terminal.isTTY || !/^https?:\/\//i.test(text)) return undefined;
  try {
    const { renderUnicodeCompact } = await import("uqr");
    const rows = renderUnicodeCompact(text, { border: 2 }).split("\n");
    if (Math.max(...rows.map((row) => row.length)) >= terminal.columns) return undefined;
    // White on black whatever the theme: many cameras do not read an inverted code.
    return rows.map((row) => (terminal.colour ? `\u001b[97;40m${row}\u001b[0m` : row));
  } catch {
    return undefined;
  }
}
