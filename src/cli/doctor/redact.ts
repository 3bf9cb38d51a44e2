/** Makes a report fit for a ticket: no home directory, no user name in a path, no query or credentials in an address. */

export interface Surroundings {
  /** Directories that are shown as `~`: the home directory as it is given and as it really is. */
  readonly homes: readonly string[];
  readonly user: string | undefined;
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Applied to every text of the report, whatever it came from. */
export function redact(text: string, { homes, user }: Surroundings): string {
  let redacted = text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, withoutSecrets);
  // The longest first: one may be the beginning of another.
  for (const home of [...homes].sort((a, b) => b.length - a.length)) {
    if (home.length > 1) redacted = redacted.replace(new RegExp(`${escape(home)}(?![\\w.-])`, "g"), "~");
  }
  // Only as a part of a path: a user may be called "node".
  if (user) redacted = redacted.replace(new RegExp(`(?<=[/\\\\])${escape(user)}(?![\\w.-])`, "gi"), "USER");
  return redacted;
}

/** Scheme, host and path. What cannot be read as an address is not shown at all. */
function withoutSecrets(address: string): string {
  const tail = /[.,;:)]*$/.exec(address)?.[0] ?? "";
  const text = address.slice(0, address.length - tail.length);
  if (!URL.canParse(text)) return `(an address that cannot be read)${tail}`;
  const { protocol, host, pathname } = new URL(text);
  const path = pathname === "/" && !/^[^/]*\/\/[^/]*\//.test(text) ? "" : pathname;
  return `${protocol}//${host}${path}${tail}`;
}
