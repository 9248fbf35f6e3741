type Lengths = ReadonlyArray<readonly [rows: number, n: number]>;

/** Rows and lengths: 1, primes, powers, odd and even products. */
export const lengths: Lengths = [
  [1, 1],
  [3, 2],
  [0, 8],
  [5, 3],
  [70, 16],
  [3, 30],
  [2, 97],
];

/** To a workgroup's memory and beyond; with primes that are sums, and one that is too large. */
export const longLengths: Lengths = [
  [2, 400],
  [1, 729],
  [1, 1024],
  [2, 1025],
  [1, 2038],
  [1, 4096],
  [1, 4099],
];
