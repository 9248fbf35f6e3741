import * as tf from '@tensorflow/tfjs-core';

/** What {@link throwingAt} throws. */
export class InjectedError extends Error {
  override name = 'InjectedError';
}

interface Running {
  runKernel?: (...args: unknown[]) => unknown;
}

/** Runs `fn`; its operation number `at`, from 0, throws an {@link InjectedError} instead of computing. */
export function throwingAt(at: number, fn: () => void): void {
  observing((count) => {
    if (count === at) throw new InjectedError(`operation ${at} was made to fail`);
  }, fn);
}

/** How many operations `fn` runs. */
export function countOperations(fn: () => void): number {
  let operations = 0;
  observing(() => operations++, fn);
  return operations;
}

/** Calls `before` with its number before each operation that `fn` runs. */
function observing(before: (count: number) => void, fn: () => void): void {
  const engine = tf.engine() as unknown as Running;
  const own = Object.getOwnPropertyDescriptor(engine, 'runKernel');
  const usual = engine.runKernel!;
  let count = 0;
  engine.runKernel = function (...args) {
    before(count++);
    return usual.apply(this, args);
  };
  try {
    fn();
  } finally {
    if (own === undefined) delete engine.runKernel;
    else Object.defineProperty(engine, 'runKernel', own);
  }
}
