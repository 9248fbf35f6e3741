/** The largest prime factor of a length that is transformed factor by factor; others go by way of a convolution. */
export const largestFactor = 13;

/** Prime factors, fours joined, since a step of four needs fewer operations than two steps of two. */
export function fourierFactors(n: number): number[] {
  const factors: number[] = [];
  for (let p = 2; n > 1; p++) {
    if (p * p > n) p = n;
    for (; n % p === 0; n /= p) factors.push(p);
  }
  const twos = factors.filter((factor) => factor === 2).length;
  const fours = Array.from({ length: twos >> 1 }, () => 4);
  return [...fours, ...(twos % 2 === 1 ? [2] : []), ...factors.filter((factor) => factor !== 2)];
}
