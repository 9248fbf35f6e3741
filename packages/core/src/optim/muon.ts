import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import type { Parameter } from '../module/index.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface MuonOptions extends OptimizerOptions {
  /** Decoupled, default 0.1. */
  readonly weightDecay?: number;
  /** Default 0.95. */
  readonly momentum?: number;
  /** Default true. */
  readonly nesterov?: boolean;
  /** Coefficients of the Newton-Schulz iteration, default [3.4445, -4.775, 2.0315]. */
  readonly nsCoefficients?: readonly [number, number, number];
  /** Default 1e-7. */
  readonly eps?: number;
  /** Newton-Schulz iterations, default 5. */
  readonly nsSteps?: number;
  /** How the rate follows a matrix's shape; default 'original'. */
  readonly adjustLr?: 'original' | 'match_rms_adamw' | 'spectral_unclamped';
}

/**
 * Muon: momentum, orthogonalised by Newton-Schulz iterations (Jordan et al. 2024). torch.optim.Muon; lr 1e-3. For the matrices
 * inside a network; embeddings, heads, norms and biases belong to another optimiser. A convolution's weight counts as
 * the matrix [out, in · kernel] of its checkpoint shape.
 */
export class Muon extends Optimizer<MuonOptions> {
  protected override readonly kind = 'Muon';

  constructor(parameters: Parameters<MuonOptions>, options: MuonOptions = {}) {
    super(parameters, options, {
      lr: 1e-3,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsCoefficients: [3.4445, -4.775, 2.0315],
      eps: 1e-7,
      nsSteps: 5,
      adjustLr: 'original',
      maximize: false,
    });
    for (const { params, names } of this.groups) {
      params.forEach(({ shape }, i) =>
        check(
          shape.length >= 2,
          () => `Muon takes matrices and convolution weights; '${names[i]}' has shape [${shape.join(', ')}]`,
        ),
      );
    }
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<MuonOptions>,
  ): tf.Tensor {
    const { lr, momentum } = group;
    const mean = runningMean(state, 'momentum', gradient, momentum);
    const direction = group.nesterov ? tf.add(tf.mul(gradient, 1 - momentum), tf.mul(mean, momentum)) : mean;
    const { axes } = parameter.layout;
    const shape = parameter.checkpointShape;
    const stored =
      axes === null
        ? direction
        : tf.transpose(
            direction,
            axes.map((_, i) => axes.indexOf(i)),
          );
    const [rows, columns] = [shape[0]!, parameter.value.size / shape[0]!];
    const orthogonal = tf.reshape(orthogonalised(tf.reshape(stored, [rows, columns]), group), shape);
    const update = axes === null ? orthogonal : tf.transpose(orthogonal, [...axes]);
    const shrunk = tf.mul(parameter.value, 1 - lr * group.weightDecay);
    return tf.sub(shrunk, tf.mul(update, lr * rateFactor(group.adjustLr, rows, columns)));
  }
}

function rateFactor(adjust: NonNullable<MuonOptions['adjustLr']>, rows: number, columns: number): number {
  if (adjust === 'match_rms_adamw') return 0.2 * Math.sqrt(Math.max(rows, columns));
  return Math.sqrt(adjust === 'original' ? Math.max(1, rows / columns) : rows / columns);
}

/** Pushes all singular values towards 1, in bfloat16 as the reference does. */
function orthogonalised(matrix: tf.Tensor, group: Group<MuonOptions>): tf.Tensor {
  const [a, b, c] = group.nsCoefficients;
  const [rows, columns] = matrix.shape as [number, number];
  let x = bfloat16(rows > columns ? tf.transpose(matrix) : matrix);
  x = bfloat16(tf.div(x, tf.maximum(bfloat16(tf.sqrt(tf.sum(tf.square(x)))), group.eps)));
  for (let i = 0; i < group.nsSteps; i++) {
    const gram = bfloat16(tf.matMul(x as tf.Tensor2D, tf.transpose(x as tf.Tensor2D)));
    const polynomial = bfloat16(
      tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram as tf.Tensor2D, gram as tf.Tensor2D), c)),
    );
    x = bfloat16(tf.add(tf.mul(x, a), tf.matMul(polynomial as tf.Tensor2D, x as tf.Tensor2D)));
  }
  return rows > columns ? tf.transpose(x) : x;
}

/** Rounds to the 8 significant bits of bfloat16 by Veltkamp's splitting (Dekker 1971), with float32 arithmetic alone. */
function bfloat16(x: tf.Tensor): tf.Tensor {
  const scaled = tf.mul(x, 2 ** 16 + 1);
  return tf.sub(scaled, tf.sub(scaled, x));
}
