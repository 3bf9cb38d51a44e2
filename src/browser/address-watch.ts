/** Changes of the address bar by the page itself, which not every browser announces. */

/** Where there is no Navigation API, for so long and so often. */
const WATCHED_MS = 30_000;
const EVERY_MS = 100;

/** Calls `action` after changes of the address, in a later task: whoever changes it is through by then. Gives what ends that. */
export function onAddressChange(action: () => void): () => void {
  const { navigation } = globalThis as { navigation?: EventTarget };
  if (navigation === undefined) {
    const timer = setInterval(action, EVERY_MS);
    const over = setTimeout(() => clearInterval(timer), WATCHED_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(over);
    };
  }
  const later = () => void setTimeout(action, 0);
  navigation.addEventListener("currententrychange", later);
  return () => navigation.removeEventListener("currententrychange", later);
}
