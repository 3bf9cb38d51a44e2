/** What `init` asks the provider before it writes: whether it is there, and whether it knows the client. No sign-in, no secret. */
import { problemOf } from "../../client/diagnosis.js";
import { systemClock } from "../../clock.js";
import { isKeystoneAuthError } from "../../errors.js";
import { readNodeOptions } from "../../node/options.js";
import type { NodeConfig } from "../../options/config.js";
import { oneLine } from "../../options/log.js";
import type { OidcClientOptions } from "../../options/options.js";
import { AuthorizationServer } from "../../protocol/authorization-server.js";
import { CommandClient } from "../command-run.js";
import type { Line } from "../doctor/report.js";

const MOST_SECONDS = 10;
/** The others speak of this machine: `doctor` tells of them. */
const CHECKS: readonly Line["check"][] = ["metadata", "keys", "client", "redirect_uri", "scopes", "device_flow"];

interface IssuerCheck {
  readonly found?: string;
  readonly problem?: string;
  /** Whether the address can be an issuer, whatever is there now. */
  readonly isUsable: boolean;
}

/** Whether its metadata can be had. */
export async function checkIssuer(options: OidcClientOptions): Promise<IssuerCheck> {
  let config: NodeConfig | undefined;
  try {
    config = configOf(options);
    const metadata = await new AuthorizationServer(config, systemClock).metadata();
    const device = metadata.device_authorization_endpoint === undefined ? "no device flow" : "the device flow";
    return { found: `${config.issuer} answers, and has ${device}.`, isUsable: true };
  } catch (error) {
    const problem = isKeystoneAuthError(error) ? oneLine(problemOf(error), 1000) : "It could not be asked.";
    return { problem, isUsable: config !== undefined };
  }
}

/** What the client's diagnosis tells of the provider. @throws ConfigurationError (`configuration`) */
export async function checkClient(options: OidcClientOptions & { noBrowser?: boolean }): Promise<readonly Line[]> {
  const client = new CommandClient(configOf(options), () => {});
  try {
    const found = await client.diagnose();
    const shown = (text: string) => oneLine(text, 1000);
    return found
      .filter(({ check }) => CHECKS.includes(check))
      .map(({ message, advice, ...line }) => ({
        ...line,
        message: shown(message),
        ...(advice !== undefined && { advice: shown(advice) }),
      }));
  } finally {
    await client.close();
  }
}

function configOf(options: OidcClientOptions & { noBrowser?: boolean }): NodeConfig {
  const ofCommand = { noBrowser: undefined, requestTimeoutSeconds: MOST_SECONDS, logger: {} };
  return readNodeOptions({ ...options, ...ofCommand }, process.env);
}
