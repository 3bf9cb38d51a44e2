/** The device code at a terminal: address, code, and a QR code where there is room. */
import { oneLine } from "../log.js";
import type { DeviceCodePrompt } from "../ports.js";
import { bold, type Terminal } from "./terminal.js";

function minutes(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}

async function qrCode(text: string, terminal: Terminal): Promise<string | undefined> {
  if (!terminal.isTTY) return undefined;
  const { renderUnicodeCompact } = await import("uqr");
  const code = renderUnicodeCompact(text, { border: 1 });
  const width = Math.max(...code.split("\n").map((line) => line.length));
  return width < terminal.columns ? code : undefined;
}

/** Shows the prompt. Its texts come from the provider, so that control characters are taken out. */
export async function showDeviceCode(prompt: DeviceCodePrompt, terminal: Terminal): Promise<void> {
  const address = oneLine(prompt.verificationUri, 2000);
  const code = oneLine(prompt.userCode, 100);
  const complete = prompt.verificationUriComplete ?? prompt.verificationUri;
  const qr = await qrCode(complete, terminal).catch(() => undefined);
  const lines = [
    "",
    "To sign in, open this address on any device:",
    "",
    `    ${bold(address, terminal)}`,
    "",
    "and enter or compare this code:",
    "",
    `    ${bold(code, terminal)}`,
    "",
    ...(qr === undefined ? [] : ["or scan:", "", qr, ""]),
    `The code is valid for ${minutes(prompt.expiresInSeconds)}.`,
    "",
  ];
  terminal.write(`${lines.join("\n")}\n`);
}
