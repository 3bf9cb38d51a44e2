/** The session of the settings, without a client around it. */
import { ClickPopup } from "../client/click-popup.js";
import type { SessionAccess } from "../client/session-access.js";
import { EventHub } from "../events.js";
import { nodeParts } from "../node/platform.js";
import type { NodeConfig } from "../options/config.js";
import type { StorageTrouble } from "../ports.js";
import { TokenMemory } from "../session/memory.js";
import { PublishedSession } from "../session/session-state.js";

/** `onTrouble` is told of faults of the store that fail no call. */
export async function openSession(config: NodeConfig, onTrouble: StorageTrouble = () => {}): Promise<SessionAccess> {
  const parts = nodeParts(config);
  const memory = new TokenMemory(parts.clock, config.minValidityMs, config.clockToleranceMs);
  const events = new EventHub();
  events.on("storage", ({ error }) => onTrouble(error));
  return await parts.access(memory, new PublishedSession(events), new ClickPopup(() => undefined));
}
