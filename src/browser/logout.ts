/** The provider's own sign-out page (OpenID Connect RP-Initiated Logout 1.0): by redirect, or in a popup. */
import { PopupError } from "../errors.js";
import type { EarlyWindow, ProviderSessionResult } from "../client/platform.js";
import { type EndSessionRequest, endSessionUrl } from "../protocol/sign-out.js";
import type { BrowserRoom } from "./browser-room.js";
import type { EarlyPopup } from "./early-popup.js";
import { cameBack } from "./surroundings.js";

/** Addresses beyond this do not pass every server and proxy; the ID Token in the request can be that long. */
const LONGEST_ADDRESS = 2000;

export async function endSessionInPage(
  room: BrowserRoom,
  request: EndSessionRequest,
  signal: AbortSignal,
  early: EarlyWindow | undefined,
): Promise<ProviderSessionResult> {
  if (typeof document === "undefined") return "skipped";
  if (room.config.loginMode === "popup") return await inPopup(room, request, signal, early as EarlyPopup | undefined);
  signal.throwIfAborted();
  await noteReturn(room, request);
  const back = cameBack(signal);
  const url = endSessionUrl(request);
  if (url.length > LONGEST_ADDRESS) submitForm(request, "_self");
  else location.assign(url);
  // The page is left here, but for the back button, and for a provider that never answers.
  let cancel = () => {};
  const late = new Promise<"failed">((resolve) => {
    cancel = room.clock.after(room.config.loginTimeoutMs, () => resolve("failed"));
  });
  try {
    return await Promise.race([back.then(() => "ended" as const), late]);
  } finally {
    cancel();
  }
}

/** So that the page that the person comes back to can take our `state` out of its address. */
async function noteReturn(room: BrowserRoom, { parameters, state }: EndSessionRequest): Promise<void> {
  if (!parameters.has("state")) return;
  await room.pending.add(state, { kind: "logout", owner: "", returnTo: "/" }).catch(() => {});
}

async function inPopup(
  room: BrowserRoom,
  request: EndSessionRequest,
  signal: AbortSignal,
  early: EarlyPopup | undefined,
): Promise<ProviderSessionResult> {
  const [{ PopupAgent }, { noteStates }] = await Promise.all([import("./popup.js"), import("./window-login.js")]);
  const agent = new PopupAgent("", early, noteStates(room, ""));
  const { state } = request;
  const cancel = room.clock.after(room.config.loginTimeoutMs, () => void agent.close());
  try {
    await agent.prepare(signal);
    await agent.show(state, signal, (popup) => {
      const url = endSessionUrl(request);
      if (url.length <= LONGEST_ADDRESS) return popup.navigate({ url, state });
      const answer = popup.navigate({ url: "about:blank", state });
      submitForm(request, agent.target);
      return answer;
    });
    return "ended";
  } catch (error) {
    // The page was shown; a person who closes it has seen it, and many providers send nobody back.
    if (error instanceof PopupError && error.kind === "closed") return "ended";
    throw error;
  } finally {
    cancel();
    await agent.close();
  }
}

function submitForm({ endpoint, parameters }: EndSessionRequest, target: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = endpoint;
  form.target = target;
  form.hidden = true;
  for (const [name, value] of parameters) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
