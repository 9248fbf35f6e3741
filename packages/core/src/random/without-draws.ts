let skips = false;

/**
 * Runs what makes modules whose values will all be replaced, as those of a checkpoint are: weights are not drawn but zero, which a large
 * model is ready sooner with. `make` must not wait for anything.
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
