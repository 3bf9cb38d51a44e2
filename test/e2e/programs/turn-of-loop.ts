/** Node's `setImmediate()` for a page. */
export const setImmediate = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
