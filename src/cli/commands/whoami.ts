/** `whoami`: who is signed in, by the stored ID Token. It asks nobody, neither a person nor the provider. */
import { LoginRequiredError } from "../../errors.js";
import type { NodeConfig } from "../../options/config.js";
import type { Arguments } from "../arguments.js";
import { withClient } from "../command-run.js";
import { print } from "../output.js";
import { nameOf, publicClaims, readStored, type StoredSession, textOf } from "../stored-session.js";
import { stylesOf } from "../terminal.js";

export function whoami(args: Arguments): Promise<number> {
  return withClient(args, async ({ client }) => {
    const stored = await readStored(client.config);
    if (!stored.usable) throw new LoginRequiredError("no_session", "Nobody is signed in.");
    await print(args.values.json ? jsonOf(client.config, stored) : linesOf(client.config, stored));
    return 0;
  });
}

function linesOf(config: NodeConfig, { claims }: StoredSession): string {
  const { bold, dim } = stylesOf("stdout");
  const asProgram = config.flow === "client_credentials";
  const who = asProgram
    ? `the program ${config.clientId}`
    : (nameOf(claims) ?? "somebody whom the provider does not name");
  const details = { name: textOf(claims?.name), email: textOf(claims?.email), subject: textOf(claims?.sub) };
  const rows = Object.entries({ ...details, issuer: config.issuer, client: config.clientId });
  const lines = rows.filter(([, value]) => value !== undefined && value !== who);
  return [bold(who), ...lines.map(([name, value]) => `${dim(name.padEnd(7))}  ${value}`), ""].join("\n");
}

function jsonOf({ issuer, clientId }: NodeConfig, { claims, expiresAt, renewable }: StoredSession): string {
  return `${JSON.stringify({
    subject: claims?.sub ?? null,
    name: nameOf(claims) ?? null,
    issuer,
    clientId,
    expiresAt: expiresAt?.toISOString() ?? null,
    renewable,
    claims: claims === undefined ? null : publicClaims(claims),
  })}\n`;
}
