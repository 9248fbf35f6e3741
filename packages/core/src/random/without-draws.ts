let skips = false;

/**
 * Runs what makes modules whose values will all be replaced, as those of a checkpoint are: weights are not drawn but zero, which a large
 * model is ready many times sooner with. Of an asynchronous function this counts until its first `await`.
 */
export function withoutDraws<T>(make: () => T): T {
  const before = skips;
  skips = true;
  try {
    return make();
  } finally {
    skips = before;
  }
}

/** Whether random weights are needless at the moment. */
export function skipsDraws(): boolean {
  return skips;
}
