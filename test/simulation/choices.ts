/** Everything that a schedule decides: drawn from a seed, or given again from a list that can be cut and lowered. */

/** What a schedule has chosen so far is a list of small numbers, in which 0 always is the harmless choice. */
export class Choices {
  readonly taken: number[] = [];
  #state: number;

  /** `again` are the choices of an earlier run; where they end, everything is harmless. */
  constructor(
    seed: number,
    private readonly again?: readonly number[],
  ) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
    // The first numbers of neighbouring seeds are alike.
    for (let turn = 0; turn < 4; turn += 1) this.#random();
  }

  /** Whether all that was given has been chosen again. */
  get isOver(): boolean {
    return this.again !== undefined && this.taken.length >= this.again.length;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    if (count <= 1) return 0;
    return this.#take(() => Math.floor(this.#random() * count), count);
  }

  /** An index of `weights`; one whose weight is 0 is never chosen. */
  weighted(weights: readonly number[]): number {
    const drawn = this.#take(() => this.#draw(weights), weights.length);
    return (weights[drawn] ?? 0) > 0
      ? drawn
      : Math.max(
          0,
          weights.findIndex((weight) => weight > 0),
        );
  }

  /** True about so often; the harmless answer is false. */
  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return this.#take(() => (this.#random() < probability ? 1 : 0), 2) === 1;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  #take(draw: () => number, count: number): number {
    const drawn = this.again === undefined ? draw() : (this.again[this.taken.length] ?? 0) % count;
    this.taken.push(drawn);
    return drawn;
  }

  #draw(weights: readonly number[]): number {
    let sum = 0;
    for (const weight of weights) sum += weight;
    let rest = this.#random() * sum;
    for (let index = 0; index < weights.length; index += 1) {
      rest -= weights[index] ?? 0;
      if (rest < 0) return index;
    }
    return weights.length - 1;
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}
