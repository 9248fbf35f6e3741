import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { selectiveScanOutput, selectiveScanStates } from '../../kernels/selective-scan/gradient.js';
import type { SelectiveScanAttrs, SelectiveScanInputs } from '../../kernels/selective-scan/spec.js';
import { scope } from '../../memory.js';

/** Every tensor is float32; b sequences of l steps, d channels with n states each. */
export interface SelectiveScanOptions {
  /** Weight of the input in the output, [d]. */
  readonly D?: tf.Tensor | null;
  /** The output is multiplied by silu(z): [b, l, d]. */
  readonly z?: tf.Tensor | null;
  /** Added to the step sizes: [d]. */
  readonly deltaBias?: tf.Tensor | null;
  /** Whether softplus makes the step sizes, bias included, positive. Default false. */
  readonly deltaSoftplus?: boolean;
  /** The state before the first step, [b, d, n]; zeros by default. */
  readonly initialState?: tf.Tensor | null;
}

/**
 * The selective state space of Mamba (Gu and Dao 2023, arXiv:2312.00752): every channel carries n states through time,
 * h_t = exp(Δ_t A) h_(t-1) + Δ_t B_t u_t, and reads y_t = (C_t · h_t + D u_t) silu(z_t). Time and memory grow linearly in l: the history of the
 * states, [b, l, d, n], is never there as a whole.
 *
 * Channels come last. The authors' `selective_scan_fn` has the channels second, [b, d, l], and B and C as [b, n, l] or
 * [b, g, n, l]; its B and C that do not depend on the input, [d, n], are not taken here.
 *
 * @param u float32 [b, l, d]
 * @param delta step sizes Δ, float32 [b, l, d]
 * @param A float32 [d, n], usually negative
 * @param B float32 [b, l, n], or [b, l, g, n] for g groups of d / g neighbouring channels
 * @param C as B
 * @returns [b, l, d]
 * @throws InvalidArgumentError when shapes do not fit
 */
export function selectiveScan(
  u: tf.Tensor,
  delta: tf.Tensor,
  A: tf.Tensor,
  B: tf.Tensor,
  C: tf.Tensor,
  options: SelectiveScanOptions = {},
): tf.Tensor {
  return scope(() => selectiveScanOutput(...checked('selectiveScan', u, delta, A, B, C, options)));
}

/**
 * {@link selectiveScan} with the state after the last step, [b, d, n], which is the `initialState` of what follows: a sequence may
 * come in pieces of any lengths, down to single steps. Gradients flow through the state too.
 */
export function selectiveScanWithState(
  u: tf.Tensor,
  delta: tf.Tensor,
  A: tf.Tensor,
  B: tf.Tensor,
  C: tf.Tensor,
  options: SelectiveScanOptions = {},
): { y: tf.Tensor; state: tf.Tensor } {
  return scope(() => {
    const [y, state] = selectiveScanStates(...checked('selectiveScanWithState', u, delta, A, B, C, options));
    return { y, state };
  });
}

function checked(
  name: string,
  u: tf.Tensor,
  delta: tf.Tensor,
  A: tf.Tensor,
  B: tf.Tensor,
  C: tf.Tensor,
  { D = null, z = null, deltaBias = null, deltaSoftplus = false, initialState = null }: SelectiveScanOptions,
): [SelectiveScanInputs, SelectiveScanAttrs] {
  const must = (label: string, tensor: tf.Tensor | null, shape: ReadonlyArray<number | string>): void =>
    check(
      tensor === null ||
        (tensor.rank === shape.length &&
          shape.every((size, i) => typeof size === 'string' || size === tensor.shape[i])),
      () => `${name}: ${label} must be [${shape.join(', ')}], got [${tensor!.shape.join(', ')}]`,
    );
  must('u', u, ['b', 'l', 'd']);
  must('A', A, ['d', 'n']);
  const [batch, length, channels] = u.shape as [number, number, number];
  const states = A.shape[1]!;
  must('A', A, [channels, 'n']);
  must('delta', delta, u.shape);
  must('z', z, u.shape);
  must('D', D, [channels]);
  must('deltaBias', deltaBias, [channels]);
  must('initialState', initialState, [batch, channels, states]);
  const rows = (label: string, given: tf.Tensor): tf.Tensor => {
    must(label, given, given.rank === 4 ? [batch, length, 'g', states] : [batch, length, states]);
    const groups = given.rank === 4 ? given.shape[2]! : 1;
    check(
      groups > 0 && channels % groups === 0,
      () => `${name}: the ${groups} groups of ${label} must divide the ${channels} channels`,
    );
    return given.rank === 4 ? given : tf.expandDims(given, 2);
  };
  const [grouped, read] = [rows('B', B), rows('C', C)];
  check(
    grouped.shape[2] === read.shape[2],
    () => `${name}: B has ${grouped.shape[2]} groups, C has ${read.shape[2]}; they must have as many`,
  );
  return [{ u, delta, A, B: grouped, C: read, D, z, deltaBias, initialState }, { deltaSoftplus }];
}
