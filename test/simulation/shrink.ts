/** Makes a failing schedule short: choices are cut out and lowered as long as the same fault comes of it. */

/** Gives what the run truly chose when it still fails in the same way, else `undefined`. */
export type Attempt = (choices: readonly number[]) => Promise<readonly number[] | undefined>;

/** `attempts` bounds the work. */
export async function shrink(
  choices: readonly number[],
  attempt: Attempt,
  attempts = 4000,
): Promise<readonly number[]> {
  let best = choices;
  let left = attempts;
  const isBetter = async (candidate: readonly number[]) => {
    left -= 1;
    const taken = await attempt(candidate);
    if (taken === undefined) return false;
    best = candidate;
    return true;
  };
  for (let before = -1; before !== weight(best) && left > 0; ) {
    before = weight(best);
    for (
      let size = Math.ceil(best.length / 2);
      size >= 1 && left > 0;
      size = size > 10 ? Math.ceil(size / 2) : size - 1
    ) {
      for (let at = 0; at < best.length && left > 0; ) {
        const cut = [...best.slice(0, at), ...best.slice(at + size)];
        const zeroed = [...best.slice(0, at), ...best.slice(at, at + size).map(() => 0), ...best.slice(at + size)];
        const isZero = best.slice(at, at + size).every((choice) => choice === 0);
        // What was cut makes room for what comes next.
        if (await isBetter(cut)) continue;
        if (!isZero) await isBetter(zeroed);
        at += size;
      }
    }
  }
  return best;
}

/** Falls with each step that is of use. */
const weight = (choices: readonly number[]) => choices.length * 1000 + choices.reduce((sum, choice) => sum + choice, 0);
