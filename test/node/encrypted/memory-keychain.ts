import type { Keychain } from "../../../src/ports.js";

/** A keychain of this test, which can be absent, locked or slow. */
export class MemoryKeychain implements Keychain {
  key: Uint8Array | undefined;
  loads = 0;
  saves = 0;
  absent = false;
  /** What each load rejects with, as a locked keychain's. */
  fault: Error | undefined;
  #waiting: Promise<void> = Promise.resolve();

  static none(): MemoryKeychain {
    const keychain = new MemoryKeychain();
    keychain.absent = true;
    return keychain;
  }

  /** Lets no load end before the function that it gives was called. */
  hang(): () => void {
    let answer = () => {};
    this.#waiting = new Promise((resolve) => {
      answer = resolve;
    });
    return answer;
  }

  async unavailable(): Promise<string | undefined> {
    return this.absent ? "No keychain in this test." : undefined;
  }

  async load(): Promise<Uint8Array | undefined> {
    this.loads += 1;
    await this.#waiting;
    if (this.fault) throw this.fault;
    return this.key;
  }

  async save(key: Uint8Array): Promise<void> {
    this.saves += 1;
    // Two that save at once must both be seen to.
    await new Promise(setImmediate);
    this.key = key.slice();
  }
}
