import { ownKernel } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { squareplus, squareplusGrad } from './reference.js';

export interface SquareplusInputs {
  /** float32 of any shape. */
  readonly x: tf.Tensor;
}

export interface SquareplusAttrs {
  /** How round the bend at 0 is; positive. */
  readonly b: number;
}

/** (x + sqrt(x² + b)) / 2 of each element, a smooth ReLU without exponentials (Barron 2021, arXiv:2112.11687). */
export const Squareplus = ownKernel<SquareplusInputs, SquareplusAttrs>('Squareplus', squareplus);

/** The gradient of {@link Squareplus} by x, from that of its output. */
export const SquareplusGrad = ownKernel<SquareplusInputs & { readonly dy: tf.Tensor }, SquareplusAttrs>(
  'SquareplusGrad',
  squareplusGrad,
);
