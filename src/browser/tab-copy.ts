/**
 * A tab that was opened from another one begins with a copy of its `sessionStorage`, session and one-time refresh token included.
 * "This tab alone" holds only where the copy is told from the original: the original answers, a page that was reloaded does not.
 */
const NAME = "keystone-auth.tab";
const SESSIONS = "keystone-auth.s-";
/** Another page of this browser answers within a few milliseconds, unless it is frozen. */
const ANSWER_MS = 100;

const PAGE = Symbol.for(NAME);

/** Drops the sessions of a storage that is a copy. One question a page, whoever asks. Never rejects. */
export async function dropCopiedSessions(storage: Storage): Promise<void> {
  const page = globalThis as { [PAGE]?: Promise<void> };
  page[PAGE] ??= claim(storage).catch(() => {});
  await page[PAGE];
}

async function claim(storage: Storage): Promise<void> {
  const channel = new BroadcastChannel(NAME);
  const found = storage.getItem(NAME);
  const isCopy = found !== null && (await isAnswered(channel, found));
  if (isCopy) {
    for (const key of Object.keys(storage)) if (key.startsWith(SESSIONS)) storage.removeItem(key);
  }
  const tab = isCopy || found === null ? crypto.randomUUID() : found;
  storage.setItem(NAME, tab);
  channel.addEventListener("message", ({ data }) => {
    if (data === `? ${tab}`) channel.postMessage(`! ${tab}`);
  });
}

function isAnswered(channel: BroadcastChannel, tab: string): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (answered: boolean) => {
      clearTimeout(timer);
      channel.removeEventListener("message", onMessage);
      resolve(answered);
    };
    const onMessage = ({ data }: MessageEvent) => {
      if (data === `! ${tab}`) end(true);
    };
    const timer = setTimeout(() => end(false), ANSWER_MS);
    channel.addEventListener("message", onMessage);
    channel.postMessage(`? ${tab}`);
  });
}
