/** A person without a browser: cookies, forms and redirects over HTTP, through the pages of a real provider. */
import { type Visit, visit } from "./fake-provider/visit.js";

const MAX_PAGES = 20;

/** Where a walk ended. */
export interface Walk {
  readonly status: number;
  readonly body: string;
  readonly finalUrl: string;
  /** The redirect away from the provider, where there was one. */
  readonly callbackUrl: string | undefined;
}

interface Form {
  readonly action: string;
  readonly fields: URLSearchParams;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x2F": "/" };
const unescapeHtml = (text: string): string => text.replace(/&(#?\w+);/g, (all, name: string) => ENTITIES[name] ?? all);

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`, "i").exec(tag)?.[1];
  return found === undefined ? undefined : unescapeHtml(found);
}

/** The first form of a page with all its inputs, hidden ones as they are. */
function firstForm(html: string): Form | undefined {
  const [, head, inside = ""] = /(<form[^>]*>)([\s\S]*?)<\/form>/i.exec(html) ?? [];
  if (head === undefined) return undefined;
  const fields = new URLSearchParams();
  for (const [tag] of inside.matchAll(/<input[^>]*>/gi)) {
    const name = attribute(tag, "name");
    if (name !== undefined) fields.append(name, attribute(tag, "value") ?? "");
  }
  return { action: attribute(head, "action") ?? "", fields };
}

/** What a person does on pages. */
interface Manners {
  readonly login: string;
  readonly userCode?: string;
  readonly deny: boolean;
  readonly follow: boolean;
}

function fillIn({ fields }: Form, manners: Manners): void {
  if (fields.has("login")) fields.set("login", manners.login);
  if (fields.has("password")) fields.set("password", "any");
  if (fields.get("user_code") === "" && manners.userCode !== undefined) fields.set("user_code", manners.userCode);
  // On the device page the code to confirm and a "yes" are hidden inputs; "abort" is a button.
  if (manners.deny && fields.get("confirm") === "yes") fields.set("abort", "yes");
}

/** One person with one cookie jar: what a provider remembers of a sign-in lasts from call to call. */
export class ScriptedUser {
  readonly login: string;
  readonly #cookies = new Map<string, string>();

  /** @param login the account that is signed in ["alice"] */
  constructor(login = "alice") {
    this.login = login;
  }

  /** Goes through login and consent to the redirect URI, and with `follow` [true] opens that too. */
  signIn(authorizationUrl: string | URL, options: { readonly follow?: boolean } = {}): Promise<Walk> {
    return this.#walk(new URL(authorizationUrl), { login: this.login, deny: false, follow: options.follow ?? true });
  }

  /** Opens the authorization page and presses Cancel on the first page. */
  async deny(authorizationUrl: string | URL, options: { readonly follow?: boolean } = {}): Promise<Walk> {
    const manners = { login: this.login, deny: true, follow: options.follow ?? true };
    return this.#walk(new URL(authorizationUrl), manners);
  }

  /** Approves a device code at its verification address, which may hold the code. */
  approveDevice(verificationUri: string | URL, userCode?: string): Promise<Walk> {
    return this.#device(verificationUri, userCode, false);
  }

  /** Denies it. */
  denyDevice(verificationUri: string | URL, userCode?: string): Promise<Walk> {
    return this.#device(verificationUri, userCode, true);
  }

  /** Confirms the sign-out at an end_session address. */
  signOut(endSessionUrl: string | URL, options: { readonly follow?: boolean } = {}): Promise<Walk> {
    return this.#walk(new URL(endSessionUrl), { login: this.login, deny: false, follow: options.follow ?? true });
  }

  #device(verificationUri: string | URL, userCode: string | undefined, deny: boolean): Promise<Walk> {
    const code = userCode === undefined ? {} : { userCode };
    return this.#walk(new URL(verificationUri), { login: this.login, deny, follow: true, ...code });
  }

  async #walk(start: URL, manners: Manners): Promise<Walk> {
    let page = await this.#open(start);
    let denied = false;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const next = page.headers.location === undefined ? undefined : new URL(page.headers.location, page.finalUrl);
      if (next !== undefined && next.origin !== start.origin) return this.#leave(page, next, manners);
      if (next !== undefined) {
        page = await this.#open(next);
        continue;
      }
      const form = page.status < 400 ? firstForm(page.body) : undefined;
      // After a denial a provider may show the form for the next code.
      if (form === undefined || denied) return { ...page, callbackUrl: undefined };
      page = await this.#answer(page, form, manners);
      denied = form.fields.has("abort");
    }
    throw new Error(`more than ${MAX_PAGES} pages; the last one is ${new URL(page.finalUrl).pathname}`);
  }

  async #leave(page: Visit, callback: URL, manners: Manners): Promise<Walk> {
    const callbackUrl = callback.href;
    return { ...(manners.follow ? await visit(callback) : page), callbackUrl };
  }

  #answer(page: Visit, form: Form, manners: Manners): Promise<Visit> {
    const abort = /<a\s[^>]*href="([^"]*\/abort)"/i.exec(page.body)?.[1];
    if (manners.deny && abort !== undefined) return this.#open(new URL(unescapeHtml(abort), page.finalUrl));
    if (/name="logout"/.test(page.body)) form.fields.set("logout", "yes");
    fillIn(form, manners);
    return this.#open(new URL(form.action, page.finalUrl), form.fields);
  }

  async #open(url: URL, form?: URLSearchParams): Promise<Visit> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers: Record<string, string> = cookie === "" ? {} : { cookie };
    const page = await visit(url, { follow: false, headers, ...(form === undefined ? {} : { form }) });
    for (const line of page.headers["set-cookie"] ?? []) this.#keepCookie(line);
    return page;
  }

  /** Paths are not looked at: a provider's cookies have names of their own. */
  #keepCookie(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const name = pair.slice(0, pair.indexOf("="));
    const expires = attributes.find((each) => /^\s*expires=/i.test(each))?.split("=")[1];
    if (expires !== undefined && Date.parse(expires) <= Date.now()) this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(name.length + 1));
  }
}

/** Signs in with a new cookie jar, and opens the loopback redirect URI too. */
export function signInOverHttp(
  authorizationUrl: string | URL,
  options: { readonly login?: string } = {},
): Promise<Walk> {
  return new ScriptedUser(options.login).signIn(authorizationUrl);
}

/** Approves a device code with a new cookie jar. Without `userCode` the address must hold it. */
export function approveDeviceOverHttp(
  verificationUri: string | URL,
  options: { readonly login?: string; readonly userCode?: string } = {},
): Promise<Walk> {
  return new ScriptedUser(options.login).approveDevice(verificationUri, options.userCode);
}

/** Denies a device code, or, given an authorization URL, the sign-in. */
export function denyOverHttp(
  url: string | URL,
  options: { readonly login?: string; readonly userCode?: string } = {},
): Promise<Walk> {
  return new ScriptedUser(options.login).denyDevice(url, options.userCode);
}
