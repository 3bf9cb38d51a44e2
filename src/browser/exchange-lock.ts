/** The name of the lock over the exchange of a code that more than one page or client may know. */
import { digest } from "./digest.js";

export const exchangeLock = async (state: string): Promise<string> => `resume.${await digest(state)}`;
