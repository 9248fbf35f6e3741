/** Signals cut into frames: overlapping, side by side, with gaps, with values left over. */
export const framings = [
  { batch: 1, size: 1, count: 1, length: 1, hop: 1 },
  { batch: 0, size: 9, count: 3, length: 3, hop: 3 },
  { batch: 2, size: 100, count: 13, length: 16, hop: 7 },
  { batch: 3, size: 40, count: 5, length: 8, hop: 8 },
  { batch: 1, size: 50, count: 5, length: 2, hop: 11 },
  { batch: 2, size: 33, count: 33, length: 1, hop: 1 },
  { batch: 1, size: 200, count: 6, length: 150, hop: 9 },
] as const;
