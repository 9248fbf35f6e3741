import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { gruScan, gruScanGradient } from './gru-reference.js';
import { lstmScan, lstmScanGradient } from './lstm-reference.js';
import { rnnScan, rnnScanGradient } from './rnn-reference.js';

/*
 * Recurrent layers over all steps of time, with T steps, B sequences and H units, at least one of each. All tensors are float32. The gradient
 * kernels take what the forward kernels gave, and the gradient `dy` of its first output.
 */

export interface RnnInputs {
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

export interface RnnGradientInputs extends Omit<RnnInputs, 'gates'>, Trace {}

export interface RnnAttrs {
  readonly nonlinearity: 'tanh' | 'relu';
}

/** h = act(gates + h' weight), with as many gates as units. Gives the states [T, B, H]. */
export const RnnScan = ownKernel<RnnInputs, RnnAttrs>('RnnScan', rnnScan);

/** Gradients of {@link RnnScan} by gates, weight and h0. */
export const RnnScanGradient = ownKernel<RnnGradientInputs, RnnAttrs>('RnnScanGradient', rnnScanGradient);

export interface GruInputs extends RnnInputs {
  /** [3H] */
  readonly bias: tf.Tensor;
}

export interface GruGradientInputs extends RnnGradientInputs {
  readonly trace: tf.Tensor;
}

/**
 * Gates r, z, n: n = tanh(gates_n + r (h' W_n + b_n)), h = (1 - z) n + z h', where r and z are sigmoids of gates + h' W + b.
 * Gives the states [T, B, H] and for the gradient a trace [T, B, 4H]: r, z, n and h' W_n + b_n.
 */
export const GruScan = ownKernel<GruInputs>('GruScan', gruScan);

/** Gradients of {@link GruScan} by gates, weight, bias and h0. */
export const GruScanGradient = ownKernel<GruGradientInputs>('GruScanGradient', gruScanGradient);

export interface LstmInputs extends RnnInputs {
  /** [B, H] */
  readonly c0: tf.Tensor;
  /** R [H, P]; P = H where it is left out. */
  readonly projection?: tf.Tensor | null;
}

/**
 * Gates i, f, g, o: c = f c' + i g, h = o tanh(c), with a projection h = (o tanh(c)) R. Gives h and c of every step beside
 * each other, [T, B, P + H], and for the gradient a trace [T, B, 4H]: i, f, g and o.
 */
export const LstmScan = ownKernel<LstmInputs>('LstmScan', lstmScan);

export interface LstmGradientInputs extends Omit<LstmInputs, 'gates'>, Trace {
  readonly trace: tf.Tensor;
}

/** Gradients of {@link LstmScan} by gates, weight, h0, c0 and, where there is one, the projection. */
export const LstmScanGradient = ownKernel<LstmGradientInputs>('LstmScanGradient', lstmScanGradient);
