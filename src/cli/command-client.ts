/** The Node client, made of checked settings. */
import { OidcClientCore } from "../client.js";
import type { NodeConfig } from "../config.js";
import { createNodeGround } from "../node/node-platform.js";

export class CommandClient extends OidcClientCore {
  constructor(readonly config: NodeConfig) {
    super(config, createNodeGround(config));
  }
}
