import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';

/*
 * Recurrent layers over all steps of time, with T steps, B sequences and H units. All tensors are float32. The gradient
 * kernels take what the forward kernels gave, and the gradient `dy` of its first output.
 */

interface Recurrence {
  /** What input and biases add to the gates: [T, B, gates]. */
  readonly gates: tf.Tensor;
  /** [H, gates]; with a projection [P, gates]. */
  readonly weight: tf.Tensor;
  /** First state [B, H]; with a projection [B, P]. */
  readonly h0: tf.Tensor;
}

/** States of every step, and the activated gates where there are several. */
interface Trace {
  readonly dy: tf.Tensor;
  readonly states: tf.Tensor;
}

export interface RnnAttrs {
  readonly nonlinearity: 'tanh' | 'relu';
}

/** h = act(gates + h' weight), with as many gates as units. Gives the states [T, B, H]. */
export const RnnScan = ownKernel<Recurrence, RnnAttrs>('RnnScan');

/** Gradients of {@link RnnScan} by gates, weight and h0. */
export const RnnScanGradient = ownKernel<Omit<Recurrence, 'gates'> & Trace, RnnAttrs>('RnnScanGradient');

/**
 * Gates r, z, n: n = tanh(gates_n + r (h' W_n + b_n)), h = (1 - z) n + z h', where r and z are sigmoids of gates + h' W + b.
 * The bias is [3H]. Gives the states [T, B, H] and a trace [T, B, 4H] for the gradient.
 */
export const GruScan = ownKernel<Recurrence & { readonly bias: tf.Tensor }>('GruScan');

/** Gradients of {@link GruScan} by gates, weight, bias and h0. */
export const GruScanGradient = ownKernel<Omit<Recurrence, 'gates'> & Trace & { readonly trace: tf.Tensor }>(
  'GruScanGradient',
);

interface LstmInputs extends Recurrence {
  /** [B, H] */
  readonly c0: tf.Tensor;
  /** R [H, P]; P = H where it is left out. */
  readonly projection: tf.Tensor | undefined;
}

/**
 * Gates i, f, g, o: c = f c' + i g, h = o tanh(c), with a projection h = (o tanh(c)) R. Gives h and c of every step beside
 * each other, [T, B, P + H], and a trace [T, B, 4H] for the gradient.
 */
export const LstmScan = ownKernel<LstmInputs>('LstmScan');

/** Gradients of {@link LstmScan} by gates, weight, h0, c0 and, where there is one, the projection. */
export const LstmScanGradient = ownKernel<Omit<LstmInputs, 'gates'> & Trace & { readonly trace: tf.Tensor }>(
  'LstmScanGradient',
);
