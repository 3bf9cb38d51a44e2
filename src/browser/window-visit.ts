/**
 * A window's visit at the provider: the one wait for every popup and hidden frame of this package. It always settles: by the
 * answer, by the window being back at our address, by being closed, by its time limit, by an abort.
 */
const LOOK_EVERY_MS = 50;
/** An answer that is under way wins: a callback page cleans its address, answers and closes. */
const GRACE_MS = 300;

export type VisitEnd =
  /** Back with our state, whoever said so: the window's own page, or its address. */
  | { readonly how: "answered"; readonly url: URL }
  /** Back at an address of ours that is no answer. */
  | { readonly how: "returned"; readonly url: URL }
  | { readonly how: "closed" }
  | { readonly how: "late" };

export interface Visit {
  readonly window: Window;
  readonly state: string;
  /** Whether an address of ours with another state goes on being a stranger, as it is to a login. */
  readonly passesStrangers: boolean;
  /** Absent where one of the signals has a limit of its own. */
  readonly timeoutMs?: number;
  /** Each ends the visit: it rejects with the reason. */
  readonly signals: readonly AbortSignal[];
  /** Sends the window away, and gives the answer of its page. */
  readonly go: () => Promise<{ readonly url: string }>;
  /** Tells when the window was closed; gives what ends that. */
  readonly watchClosing: (onClosed: () => void) => () => void;
}

export function visitProvider(visit: Visit): Promise<VisitEnd> {
  const releases: (() => void)[] = [];
  const ending = new Promise<VisitEnd>((resolve, reject) => {
    for (const signal of visit.signals) {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort);
      releases.push(() => signal.removeEventListener("abort", onAbort));
    }
    const onAnswer = ({ url }: { readonly url: string }) => {
      const answer = new URL(url);
      if (answer.searchParams.get("state") === visit.state) resolve({ how: "answered", url: answer });
    };
    // It rejects when we end it ourselves, and only then.
    visit.go().then(onAnswer, () => {});
    releases.push(visit.watchClosing(() => resolve({ how: "closed" })));
    releases.push(watchAddress(visit, resolve));
    const { timeoutMs } = visit;
    if (timeoutMs === undefined) return;
    const timer = setTimeout(() => resolve({ how: "late" }), timeoutMs);
    releases.push(() => clearTimeout(timer));
  });
  const release = () => {
    for (const end of releases) end();
  };
  ending.then(release, release);
  return ending;
}

/** Looks whether the window is back: its page may hold no script of ours, or one that does not load. */
function watchAddress({ window, state, passesStrangers }: Visit, resolve: (end: VisitEnd) => void): () => void {
  let grace: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const url = ownAddressOf(window);
    const found = url?.searchParams.get("state") ?? undefined;
    if (url && found === state) return resolve({ how: "answered", url });
    if (url && !(passesStrangers && found !== undefined)) {
      grace ??= setTimeout(() => resolve({ how: "returned", url }), GRACE_MS);
      return;
    }
    // On its way again.
    clearTimeout(grace);
    grace = undefined;
  };
  const interval = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(interval);
    clearTimeout(grace);
  };
}

/** Where the window is, if that is a page of this origin. A blank one is none. */
function ownAddressOf(window: Window): URL | undefined {
  try {
    const isOurs = !window.closed && window.location.origin === location.origin;
    return isOurs ? new URL(window.location.href) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the window shows a page of another origin. One that was closed while blank can still be read. */
export function isForeign(window: Window): boolean {
  try {
    return window.location.href === undefined;
  } catch {
    return true;
  }
}
