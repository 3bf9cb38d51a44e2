/** The provider's own logout page (OpenID Connect RP-Initiated Logout 1.0), which this page leaves for. */
import type { ProviderSessionResult } from "../client/platform.js";
import { systemClock } from "../clock.js";
import type { BrowserConfig } from "../options/config.js";
import { type EndSessionRequest, endSessionUrl } from "../protocol/sign-out.js";
import { cameBack } from "./page.js";
import type { PendingLogins } from "./pending-logins.js";

/** Longer addresses do not pass every server and proxy; the ID Token in the request can be that long. */
const LONGEST_ADDRESS = 2000;

export const isTooLong = (url: string): boolean => url.length > LONGEST_ADDRESS;

export async function endSessionInPage(
  config: BrowserConfig,
  pending: PendingLogins,
  request: EndSessionRequest,
  signal: AbortSignal,
): Promise<ProviderSessionResult> {
  signal.throwIfAborted();
  const { parameters, state } = request;
  // So that the page that the person comes back to can take our `state` out of its address.
  if (parameters.has("state")) await pending.add(state, { kind: "logout", owner: "", returnTo: "/" }).catch(() => {});
  const back = cameBack(signal);
  const url = endSessionUrl(request);
  if (isTooLong(url)) submitForm(request, "_self");
  else location.assign(url);
  // The page is left here, but for the back button, and for a provider that never answers.
  let cancel = () => {};
  const late = new Promise<"failed">((resolve) => {
    cancel = systemClock.after(config.loginTimeoutMs, () => resolve("failed"));
  });
  try {
    return await Promise.race([back.then(() => "ended" as const), late]);
  } finally {
    cancel();
  }
}

/** Sends the request as a form, so that its length does not matter. */
export function submitForm({ endpoint, parameters }: EndSessionRequest, target: string): void {
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
