/** A `fetch` that notes what becomes of token requests, and tells the provider their numbers. */
import { type Notes, NUMBERS_EACH } from "./notes.js";

/** Tells the provider the request's number. */
export const REQUEST_HEADER = "x-request";

/** The ordinal of whoever sent the request with these headers. */
export const ordinalOf = (headers: Readonly<Record<string, unknown>>): number =>
  Math.floor(Number(headers[REQUEST_HEADER]) / NUMBERS_EACH);

/** What an answer is to its receiver: `trouble` is one that the provider did not make. */
export function answerOf(status: number, text: string): string {
  if (status >= 500 || status === 429) return "trouble";
  try {
    const { access_token, error } = JSON.parse(text) as { access_token?: unknown; error?: unknown };
    if (typeof access_token === "string") return "tokens";
    return typeof error === "string" ? error : "trouble";
  } catch {
    return "trouble";
  }
}

/** `send` [fetch] sends what is noted. */
export function recordFetch(client: string, notes: Notes, send: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const form = init?.body instanceof URLSearchParams ? init.body : undefined;
    const refresh = form?.get("refresh_token") ?? undefined;
    if (!form?.has("grant_type")) return await send(input, init);
    const request = notes.next();
    let isOver = false;
    const end = (how: "lost" | "givenUp" | { readonly answer: string }) => {
      if (isOver) return;
      isOver = true;
      if (typeof how === "string") notes.note({ what: how, client, request });
      else notes.note({ what: "answered", client, request, answer: how.answer });
    };
    // Whoever aborts goes on in the same step: the rejection comes later.
    init?.signal?.addEventListener("abort", () => end("givenUp"), { once: true });
    notes.note({ what: "sent", client, request, ...(refresh !== undefined && { refresh }) });
    const headers = new Headers(init?.headers);
    headers.set(REQUEST_HEADER, `${request}`);
    try {
      const response = await send(input, { ...init, headers: Object.fromEntries(headers) });
      watchBody(response, end);
      return response;
    } catch (error) {
      end("lost");
      throw error;
    }
  };
}

/** The client has the answer when it has read the last of it. */
function watchBody(response: Response, end: (how: "lost" | { readonly answer: string }) => void): void {
  const { status, body } = response;
  if (status >= 500 || status === 429 || !body) return end({ answer: "trouble" });
  let text = "";
  const decoder = new TextDecoder();
  const getReader = () => {
    const reader = body.getReader();
    const read = async () => {
      const part = await reader.read().catch((error: unknown) => {
        end("lost");
        throw error;
      });
      if (part.done) end({ answer: answerOf(status, text) });
      else text += decoder.decode(part.value, { stream: true });
      return part;
    };
    return { read };
  };
  Object.defineProperty(response, "body", { value: { getReader } });
}
