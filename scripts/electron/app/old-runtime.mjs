/**
 * What Node 20.19 and Chrome 134 have, and an older Electron lacks. Only where it is missing, and only in this test: the
 * package asks for a runtime that has it.
 */
URL.canParse ??= (url, base) => {
  try {
    return Boolean(new URL(url, base));
  } catch {
    return false;
  }
};

AbortSignal.any ??= (signals) => {
  const either = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) either.abort(signal.reason);
    else signal.addEventListener("abort", () => either.abort(signal.reason), { once: true, signal: either.signal });
  }
  return either.signal;
};

if (Symbol.asyncDispose === undefined) Object.defineProperty(Symbol, "asyncDispose", { value: Symbol("asyncDispose") });
