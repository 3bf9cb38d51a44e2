/**
 * SHA-256 (FIPS 180-4) for the names of records, and for nothing else: a name must not show whose session it is, but no
 * secret depends on it. The platforms' own would cost each start of a Node program the load of node:crypto (6 ms), and
 * in a browser an await before memory is looked at. What protects a login (PKCE, signatures) uses Web Crypto.
 */

const isPrime = (candidate: number) => {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1) if (candidate % divisor === 0) return false;
  return true;
};

/** The first 32 bits of the fractional part. */
const fraction = (value: number) => ((value - Math.floor(value)) * 2 ** 32) | 0;

/** The constants are the fractional parts of roots of the first primes (FIPS 180-4 §4.2.2 and §5.3.3). */
function constants(): { rounds: number[]; start: number[] } {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < 64; candidate += 1) if (isPrime(candidate)) primes.push(candidate);
  return {
    rounds: primes.map((prime) => fraction(Math.cbrt(prime))),
    start: primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
  };
}

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by));

/** The message in blocks of 16 words, with its end mark and its length in bits. */
function pad(text: string): DataView {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer((((bytes.length + 8) >> 6) + 1) << 6));
  bytes.forEach((byte, index) => padded.setUint8(index, byte));
  padded.setUint8(bytes.length, 0x80);
  padded.setUint32(padded.byteLength - 4, bytes.length * 8);
  return padded;
}

function schedule(message: DataView, at: number): Int32Array {
  const words = new Int32Array(64);
  for (let i = 0; i < 16; i += 1) words[i] = message.getInt32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const [near, far] = [words[i - 2] as number, words[i - 15] as number];
    const nearMix = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    const farMix = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    words[i] = (words[i - 16] as number) + farMix + (words[i - 7] as number) + nearMix;
  }
  return words;
}

function compress(state: number[], words: Int32Array, rounds: readonly number[]): number[] {
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  words.forEach((word, i) => {
    const mixE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const one = (h + mixE + ((e & f) ^ (~e & g)) + (rounds[i] as number) + word) | 0;
    const mixA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const two = (mixA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  });
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + (state[i] as number)) | 0);
}

/** The hash of UTF-8 text, in hexadecimal. */
export function sha256(text: string): string {
  const { rounds, start } = constants();
  const message = pad(text);
  let state = start;
  for (let at = 0; at < message.byteLength; at += 64) state = compress(state, schedule(message, at), rounds);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
