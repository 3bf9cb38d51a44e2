/** How the client shows who it is at an endpoint (RFC 6749 §2.3): a public client by its id alone. */
import { type ClientAuth, None } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { loadPart } from "../load-part.js";
import type { ServerMetadata } from "./metadata.js";

/** One way to show it. */
export interface ClientWay {
  readonly auth: ClientAuth;
  /** The provider took it. */
  readonly remember?: () => void;
}

/** The ways to try, in this order: a second one only after `invalid_client`. What a secret needs is loaded with it. */
export async function clientAuths(config: ClientConfig, metadata: ServerMetadata): Promise<readonly ClientWay[]> {
  if (config.clientSecret === undefined) return [{ auth: None() }];
  const { secretAuths } = await loadPart(() => import("./confidential-client.js"));
  return secretAuths(config, config.clientSecret, metadata);
}
