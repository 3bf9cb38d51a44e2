/** The session of the settings, without a client around it. */
import { ClickPopup } from "../client/click-popup.js";
import type { SessionAccess } from "../client/session-access.js";
import { EventHub } from "../events.js";
import { nodeParts } from "../node/platform.js";
import type { NodeConfig } from "../options/config.js";
import { TokenMemory } from "../session/memory.js";
import { PublishedSession } from "../session/session-state.js";

export async function openSession(config: NodeConfig): Promise<SessionAccess> {
  const parts = nodeParts(config);
  const memory = new TokenMemory(parts.clock, config.minValidityMs, config.clockToleranceMs);
  return await parts.access(memory, new PublishedSession(new EventHub()), new ClickPopup(() => undefined));
}
