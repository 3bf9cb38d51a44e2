/** `whoami`: who is signed in, by the stored ID Token. It asks nobody, neither a person nor the provider. */
import { LoginRequiredError } from "../../errors.js";
import type { Arguments } from "../arguments.js";
import { print } from "../output.js";
import { nameOf, publicClaims, textOf } from "../person.js";
import { type Session, withClient } from "../session.js";
import { readStored, type StoredSession } from "../stored-session.js";
import { stylesOf } from "../style.js";
import { isTerminal } from "../terminals.js";

export function whoami(args: Arguments): Promise<number> {
  return withClient(args, async ({ client }) => {
    const stored = await readStored(client.config);
    if (!stored.usable) throw new LoginRequiredError("no_session", "Nobody is signed in.");
    await print(args.values.json ? jsonOf(client.config, stored) : linesOf(client.config, stored));
    return 0;
  });
}

type Config = Session["client"]["config"];

function linesOf(config: Config, { claims }: StoredSession): string {
  const { bold, dim } = stylesOf(isTerminal.stdout(), process.env);
  const asProgram = config.flow === "client_credentials";
  const who = asProgram
    ? `the program ${config.clientId}`
    : (nameOf(claims) ?? "somebody whom the provider does not name");
  const details = { name: textOf(claims?.name), email: textOf(claims?.email), subject: textOf(claims?.sub) };
  const rows = Object.entries({ ...details, issuer: config.issuer, client: config.clientId });
  const lines = rows.filter(([, value]) => value !== undefined && value !== who);
  return [bold(who), ...lines.map(([name, value]) => `${dim(name.padEnd(7))}  ${value}`), ""].join("\n");
}

function jsonOf({ issuer, clientId }: Config, { claims, expiresAt, renewable }: StoredSession): string {
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
