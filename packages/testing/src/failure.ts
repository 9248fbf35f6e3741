/** A model breaks a rule; the message says which, where and by how much. */
export class ConformanceError extends Error {
  override name = 'ConformanceError';
}

/** Throws {@link ConformanceError} unless `condition` holds. */
export function expectThat(condition: unknown, message: string | (() => string)): asserts condition {
  if (!condition) throw new ConformanceError(typeof message === 'string' ? message : message());
}
