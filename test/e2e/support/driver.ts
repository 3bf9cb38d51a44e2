/** A real browser as the tests see it: the same in Chromium, Firefox and WebKitGTK. */

/** How a call in a page ended. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly error: {
        readonly name: string;
        readonly message: string;
        readonly code?: string;
        readonly reason?: string;
        readonly kind?: string;
        readonly claim?: string;
        readonly error?: string;
      };
    };

export interface Tab {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  url(): Promise<string>;
  /** Runs the body of an async function in the page and gives its JSON. `input` is the argument of that name. */
  run<T = unknown>(body: string, input?: unknown): Promise<T>;
  /** Runs it in a click that the browser believes. */
  click(body: string): Promise<void>;
  /** Clicks on what the page shows there. */
  press(selector: string): Promise<void>;
  /** Types into what the page shows there; "\n" is Enter. */
  type(selector: string, text: string): Promise<void>;
  close(): Promise<void>;
  readonly isClosed: () => Promise<boolean>;
}

/** One person's browser: storage and cookies of its own. */
export interface Profile {
  open(url: string): Promise<Tab>;
  /** The next tab or popup that opens by itself. Ask before it opens. */
  nextTab(): Promise<Tab>;
  /** Takes the network away. Absent where the driver cannot. */
  readonly setOffline?: (offline: boolean) => Promise<void>;
  /**
   * Forgets all that an earlier test left: tabs but one, cookies, and what the origin of `blank`, an empty page, has
   * stored. Takes a fraction of the time that a new profile takes. Rejects when something could not be forgotten.
   */
  clean(blank: string): Promise<void>;
  close(): Promise<void>;
}

export interface BrowserDriver {
  readonly name: string;
  newProfile(): Promise<Profile>;
  close(): Promise<void>;
}

/** The body of a function that empties the stores of the page's origin. */
export const FORGET = `
  window.name = "";
  sessionStorage.clear();
  localStorage.clear();
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  for (const { name } of await indexedDB.databases()) {
    await new Promise((done, failed) => {
      setTimeout(() => failed(new Error("a database is still open")), 5000);
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = done;
      request.onerror = () => failed(request.error);
    });
  }`;

const describeError = `(error) => ({ name: String(error?.name), message: String(error?.message), code: error?.code,
  reason: error?.reason, kind: error?.kind, claim: error?.claim, error: error?.error })`;

/** The source of an async function that gives the outcome of a body as JSON. */
export function outcomeOf(body: string): string {
  return `(async () => { ${body} })().then((value) => ({ ok: true, value: value ?? null }), (error) => ({ ok: false, error: (${describeError})(error) }))`;
}

/** Asks until the answer is not `undefined`. For what a browser does not announce. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`it did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
