/** A page out of the back/forward cache has heard nothing of the other tabs meanwhile. */

/** Calls back when this page comes out of it. Gives what ends that. */
export function onRestored(listener: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) listener();
  };
  addEventListener("pageshow", onShow);
  return () => removeEventListener("pageshow", onShow);
}
