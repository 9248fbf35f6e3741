import type * as tf from '@tensorflow/tfjs-core';
import { check, functional } from '@hourglass/core';

const makers = {
  hann: functional.hannWindow,
  hamming: functional.hammingWindow,
  blackman: functional.blackmanWindow,
  bartlett: functional.bartlettWindow,
  kaiser: functional.kaiserWindow,
};

export type WindowName = keyof typeof makers;

/** What windows are made of; `alpha`, `beta` and `periodic` as in core's. */
export interface WindowArguments {
  readonly periodic?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** float32 [length]. */
export function makeWindow(name: WindowName, length: number, options: WindowArguments = {}): tf.Tensor1D {
  check(Object.hasOwn(makers, name), `unknown window '${name}'; there are ${Object.keys(makers).join(', ')}`);
  return makers[name](length, options);
}
