/** Which of the app's ways is asked for: the server that the app is tried with writes it into the page. */
export const way = (): string => document.documentElement.dataset.way ?? "component";

/** Longer than the exchange of a code takes. */
export const slowly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2000));
