import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend.js';

/** A kernel's inputs by name; those of lists are '0', '1', … An optional one that is left out is undefined. */
export type Inputs = Readonly<Record<string, tf.TensorInfo | undefined>>;
export type Outputs = tf.TensorInfo | tf.TensorInfo[];

/** A TFJS kernel in C++. */
export interface NativeKernel {
  readonly kernelName: string;
  /** Returns null for inputs or options that the C++ does not do: they go to JavaScript. */
  readonly run: (backend: NativeBackend, inputs: Inputs, attrs: object) => Outputs | null;
}

export function kernel<Attributes extends object = object>(
  kernelName: string,
  run: (backend: NativeBackend, inputs: Inputs, attrs: Attributes) => Outputs | null,
): NativeKernel {
  return { kernelName, run: run as NativeKernel['run'] };
}

/** Whether all that are there hold float32. */
export function areFloats(...inputs: ReadonlyArray<tf.TensorInfo | undefined>): boolean {
  return inputs.every((input) => input === undefined || input === null || input.dtype === 'float32');
}

/** Where an input's numbers are; 0 for one that is left out. */
export function addressOf(backend: NativeBackend, info: tf.TensorInfo | undefined): number {
  return info === undefined ? 0 : backend.address(info);
}
