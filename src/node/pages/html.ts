/** The two things that pages do with HTML text. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML text or as a quoted attribute's value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string);
}

/** Puts something into the head: at its end, or in front where the text has none, but never before the doctype. */
export function insertInHead(html: string, snippet: string): string {
  const head = html.search(/<\/head\s*>/i);
  const at = head >= 0 ? head : (/^\s*<!doctype[^>]*>/i.exec(html)?.[0].length ?? 0);
  return html.slice(0, at) + snippet + html.slice(at);
}
