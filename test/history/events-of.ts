import type { Event } from "./events.js";

/** The events of one kind, in their order. */
export function eventsOf<What extends Event["what"]>(events: readonly Event[], what: What) {
  return events.filter((event): event is Extract<Event, { readonly what: What }> => event.what === what);
}
