/** Names that tell nothing of what they were made from. */

/** The SHA-256 of the text as UTF-8, in hexadecimal. Rejects outside secure contexts. */
export async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
