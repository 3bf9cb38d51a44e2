/** The page's parts. Text goes in as text, never as markup. */
import type { TokenSet } from "keystone-auth/browser";
import { explain } from "./explain.js";

export type State = "loading" | "failed" | "signed-out" | "signed-in";

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found as T;
}

const setText = (id: string, text: string) => {
  element(id).textContent = text;
};

export function show(state: State): void {
  document.body.dataset.state = state;
  for (const part of document.querySelectorAll<HTMLElement>("[data-in]")) part.hidden = part.dataset.in !== state;
}

/** After a click the old button may be gone: whoever uses a keyboard or a screen reader goes on at the heading. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("[data-in]:not([hidden]) h1")?.focus();
}

export function showError(error: unknown): void {
  const { title, message, details, help } = explain(error);
  setText("error-title", title);
  setText("error-message", message);
  const folded = element<HTMLDetailsElement>("error-details");
  folded.hidden = details === undefined;
  folded.open = false;
  (folded.lastElementChild as HTMLElement).textContent = details ?? "";
  setText("error-help", help);
  element("error").hidden = false;
}

export function clearError(): void {
  element("error").hidden = true;
}

export function showGreeting(text: string): void {
  setText("greeting", text);
  setText("answered-at", new Date().toLocaleTimeString());
}

/** Of no use to a person: they tie the token to this sign-in. */
const INTERNAL = ["nonce", "at_hash", "sid"];

/** Times in claims are seconds since 1970 (RFC 7519 §2). */
const readable = (name: string, value: unknown): string => {
  if (["exp", "iat", "auth_time"].includes(name)) return new Date(Number(value) * 1000).toLocaleString();
  return typeof value === "string" ? value : JSON.stringify(value);
};

export function showSession({ expiresAt, idTokenClaims }: TokenSet): void {
  setText("expires-at", expiresAt.toLocaleTimeString());
  setText("user", idTokenClaims?.sub ?? "");
  const claims = Object.entries(idTokenClaims ?? {}).filter(([name]) => !INTERNAL.includes(name));
  const rows = claims.map(([name, value]) => {
    const row = document.createElement("div");
    const term = row.appendChild(document.createElement("dt"));
    term.appendChild(document.createElement("code")).textContent = name;
    row.appendChild(document.createElement("dd")).textContent = readable(name, value);
    return row;
  });
  element("claims").replaceChildren(...rows);
}
