/** How the client shows who it is at an endpoint (RFC 6749 §2.3): a public client by its id alone. */
import { type ClientAuth, None } from "oauth4webapi";
import type { ClientConfig } from "../config.js";
import { loadPart } from "../load-part.js";
import type { ServerMetadata } from "./metadata.js";

/** The ways to try, in this order: a second one only after `invalid_client`. What a secret needs is loaded with it. */
export async function clientAuths(
  config: ClientConfig,
  metadata: ServerMetadata,
): Promise<readonly [ClientAuth, ...ClientAuth[]]> {
  const { clientSecret, clientAuthentication } = config;
  if (clientSecret === undefined) return [None()];
  const { secretAuths } = await loadPart(() => import("./client-secret.js"));
  return secretAuths(clientSecret, clientAuthentication, metadata);
}
