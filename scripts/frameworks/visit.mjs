/** Tries one way in Chromium, with a profile of its own. */
import { useSession } from "./session.mjs";
import { wayBack } from "./way-back.mjs";

/** Rejects with what was seen instead. */
export async function tryWay(way, { servers, provider }, browser) {
  const server = servers.get(way);
  await server.ready();
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  try {
    const visit = way.kind === "session" ? useSession : wayBack;
    await visit(way, { context, provider, origin: server.origin });
  } finally {
    await context.close();
  }
}
