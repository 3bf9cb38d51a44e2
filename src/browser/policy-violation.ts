/** What this page's own Content-Security-Policy blocks: nothing else tells of it, and the wait would last to its end. */

/** Calls `action` when the policy blocks, by one of the directives, what goes to one of the origins. Gives what ends that. */
export function onPolicyViolation(
  directives: readonly string[],
  origins: readonly string[],
  action: () => void,
): () => void {
  const listener = ({ disposition, effectiveDirective, blockedURI }: SecurityPolicyViolationEvent) => {
    // A policy that only reports blocks nothing.
    if (disposition !== "enforce" || !directives.includes(effectiveDirective)) return;
    if (origins.some((origin) => blockedURI.startsWith(origin))) action();
  };
  document.addEventListener("securitypolicyviolation", listener);
  return () => document.removeEventListener("securitypolicyviolation", listener);
}
