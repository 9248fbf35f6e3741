import { disposeTensors } from '@hourglass/core';

/**
 * Batches from number `start` to `length`, of which `ahead` are in the making while one is in use. Leaving the loop early frees those
 * that were made in vain.
 */
export async function* batchesAhead<B>(
  start: number,
  length: number,
  ahead: number,
  make: (index: number) => Promise<B>,
): AsyncGenerator<B, void, void> {
  const pending: Promise<B>[] = [];
  let next = start;
  try {
    for (let at = start; at < length; at++) {
      while (next < length && next <= at + ahead) {
        const batch = make(next++);
        // its turn to be awaited comes later: until then a failure is not an unhandled one
        batch.catch(() => {});
        pending.push(batch);
      }
      yield await pending.shift()!;
    }
  } finally {
    for (const batch of await Promise.allSettled(pending)) {
      if (batch.status === 'fulfilled') disposeTensors(batch.value);
    }
  }
}
