/** A record that shows by itself whether it is whole: several pages long, each number another length. */
export function numberedRecord(n: number): { n: number; filling: string } {
  return { n, filling: String(n % 10).repeat(9000 + (n % 7) * 1000) };
}
