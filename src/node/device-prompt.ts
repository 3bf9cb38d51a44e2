/** The device code at a terminal (RFC 8628 §3.3): address, code, and a QR code where there is room. */
import { oneLine } from "../options/log.js";
import type { DeviceCodePrompt } from "../ports.js";
import { bold, type Terminal } from "./terminal.js";

/** Shows the prompt. Its texts come from the provider: characters that drive a terminal or turn text around are taken out. */
export async function showDeviceCode(prompt: DeviceCodePrompt, terminal: Terminal): Promise<void> {
  const address = oneLine(prompt.verificationUri, 2000);
  const code = oneLine(prompt.userCode, 100);
  const qr = await qrCode(prompt.verificationUriComplete ?? prompt.verificationUri, terminal);
  const lines = [
    "",
    ...(qr === undefined ? [] : ["To sign in, scan this with your phone:", "", qr, ""]),
    qr === undefined ? "To sign in, open this address on any device:" : "or open this address on any device:",
    "",
    `    ${bold(address, terminal)}`,
    "",
    "and enter this code, or check that it is the one shown there:",
    "",
    `    ${bold(code, terminal)}`,
    "",
    `The code expires in ${duration(prompt.expiresInSeconds)}.`,
    "",
  ];
  terminal.write(`${lines.join("\n")}\n`);
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} seconds`;
  return `${Math.floor(seconds / 60)} minutes`;
}

/** Nothing where it would not fit or could not be read; a QR code is a convenience, and never a reason to fail. */
async function qrCode(text: string, terminal: Terminal): Promise<string | undefined> {
  // A phone opens what it scans: no other scheme may get into the picture.
  if (!terminal.isTTY || !/^https?:\/\//i.test(text)) return undefined;
  try {
    const { renderUnicodeCompact } = await import("uqr");
    const rows = renderUnicodeCompact(text, { border: 2 }).split("\n");
    if (Math.max(...rows.map((row) => row.length)) >= terminal.columns) return undefined;
    // White on black whatever the theme: many cameras do not read an inverted code.
    return rows.map((row) => (terminal.colour ? `\u001b[97;40m${row}\u001b[0m` : row)).join("\n");
  } catch {
    return undefined;
  }
}
