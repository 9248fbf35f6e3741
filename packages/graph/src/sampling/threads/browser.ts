import type { Sampling, ThreadData } from './types.js';

/** How many threads are worth having here. */
export function threadsHere(): number {
  return 0;
}

/** Null where there are no threads: sampling then happens between the steps. */
export function startThreads(_count: number, _data: ThreadData): Sampling | null {
  return null;
}
