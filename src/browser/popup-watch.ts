/**
 * Whether the person has closed the popup. `closed` alone does not say: it is true as well for a popup whose page severed
 * its opener (Cross-Origin-Opener-Policy), where the login goes on out of our sight and answers by BroadcastChannel.
 *
 * Told apart by what was seen before, and by the focus: it is ours again when a popup closes, and the popup's while a
 * person signs in there.
 */
const LOOK_EVERY_MS = 50;
/** An answer that is under way wins: the callback page answers first and then closes itself. */
const GRACE_MS = 300;
/** A page that severs its opener does so as it appears; nobody closes a popup that fast. */
const SEVERED_WITHIN_MS = 600;
/** The person is back on our page, and the popup that cannot be seen has not answered: it is taken for closed. */
const BACK_FOR_MS = 5000;

type Sight = "blank" | "foreign" | "unknown";

/** What can be seen of the popup's page. A popup that was closed while blank can still be read in some engines. */
function sightOf(popup: Window): Sight {
  try {
    return popup.location.href === "about:blank" ? "blank" : "unknown";
  } catch {
    return "foreign";
  }
}

/** Calls `onClosed` once when the popup is closed. `left` says whether it was sent to the provider already. Gives what ends the watch. */
export function watchPopup(popup: Window, left: () => boolean, onClosed: () => void): () => void {
  let foreignSince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const closesIn = (ms: number) => {
    timer ??= setTimeout(() => {
      end();
      onClosed();
    }, ms);
  };
  const onFocus = () => closesIn(BACK_FOR_MS);
  const look = () => {
    const sight = sightOf(popup);
    if (sight === "foreign") foreignSince ??= performance.now();
    if (!popup.closed) return;
    clearInterval(interval);
    if (!left() || isClosedByPerson(sight, foreignSince)) closesIn(GRACE_MS);
    else addEventListener("focus", onFocus);
  };
  const interval = setInterval(look, LOOK_EVERY_MS);
  const end = () => {
    clearInterval(interval);
    clearTimeout(timer);
    removeEventListener("focus", onFocus);
  };
  return end;
}

function isClosedByPerson(sight: Sight, foreignSince: number | undefined): boolean {
  if (sight === "blank") return true;
  if (sight === "foreign" && performance.now() - (foreignSince ?? 0) < SEVERED_WITHIN_MS) return false;
  return document.hasFocus();
}
