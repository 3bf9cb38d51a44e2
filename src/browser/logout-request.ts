/** How a logout request (OpenID Connect RP-Initiated Logout 1.0 §2) gets to the provider: as an address, or as a form where that is too long. */
import { type EndSessionRequest, endSessionUrl, LONGEST_ADDRESS, withoutHint } from "../protocol/sign-out.js";
import { onPolicyViolation } from "./policy-violation.js";

/** Where the browser sends a form for the request, and by what address it goes otherwise. */
export interface LogoutTarget {
  /** The name of the window. */
  readonly name: string;
  readonly open: (url: string) => void;
}

/** Sends the window to the provider's logout page. Gives what ends the watch over it. */
export function sendLogoutRequest(request: EndSessionRequest, { name, open }: LogoutTarget): () => void {
  const url = endSessionUrl(request);
  if (url.length <= LONGEST_ADDRESS) {
    open(url);
    return () => {};
  }
  const goByAddress = () => {
    unlisten();
    open(shortened(request));
  };
  // A blocked form fails without a word, also where it is blocked on a redirect of the provider's.
  const unlisten = onPolicyViolation(["form-action"], [new URL(request.endpoint).origin], goByAddress);
  try {
    submitForm(request, name);
  } catch {
    // Firefox throws where the form goes to another window.
    goByAddress();
  }
  return unlisten;
}

/** The address without the hint: the provider may ask the person then. The long one where that does not help. */
function shortened(request: EndSessionRequest): string {
  const url = endSessionUrl(withoutHint(request));
  return url.length <= LONGEST_ADDRESS ? url : endSessionUrl(request);
}

/** Sends the request as a form, so that its length does not matter. */
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
