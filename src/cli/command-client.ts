/** The Node client, made of checked settings. */
import { OidcClientCore } from "../client/client.js";
import type { NodeConfig } from "../options/config.js";
import { nodeParts } from "../node/platform.js";

export class CommandClient extends OidcClientCore {
  constructor(readonly config: NodeConfig) {
    super(config, nodeParts(config));
  }
}
