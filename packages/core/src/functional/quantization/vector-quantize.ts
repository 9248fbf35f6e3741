import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { withoutGradient } from '../../gradients/custom-op.js';
import { NearestCodes } from '../../kernels/nearest-codes/spec.js';
import { scope } from '../../memory.js';
import { stopGradient, straightThrough } from '../gradient-flow/index.js';
import { embedding } from '../shape-ops/embedding.js';

export interface VectorQuantization {
  /** x's shape: the codes' rows as value, with the gradient going to x unchanged (straight-through). */
  readonly quantized: tf.Tensor;
  /** int32 [...]: the number of the nearest code, the first of equally near ones. */
  readonly codes: tf.Tensor;
  /** x's shape: the same rows of the codebook, with the gradient going to the codebook and none to x. */
  readonly embedded: tf.Tensor;
}

/**
 * Vectors replaced by the nearest rows of a codebook, by Euclidean distance (VQ-VAE, van den Oord et al. 2017, arXiv:1711.00937).
 * For cosine distance give vectors and rows of length 1. The losses of that paper are
 *
 *     codebook loss:   mean (embedded - stopGradient(x))²
 *     commitment loss: mean (x - stopGradient(embedded))²
 *
 * @param x float32 [..., width]
 * @param codebook float32 [codes, width]
 * @throws InvalidArgumentError when the shapes do not fit or there are no codes
 */
export function vectorQuantize(x: tf.Tensor, codebook: tf.Tensor): VectorQuantization {
  check(
    x.rank >= 1 && codebook.rank === 2 && x.shape.at(-1) === codebook.shape[1],
    () =>
      `vectorQuantize: x must be [..., width] and the codebook [codes, width], ` +
      `got [${x.shape.join(', ')}] and [${codebook.shape.join(', ')}]`,
  );
  checkFloats('vectorQuantize', x, codebook);
  check(!codebook.shape.includes(0), () => `vectorQuantize: the codebook is empty, [${codebook.shape.join(', ')}]`);
  const shape = x.shape.slice(0, -1);
  const codes = withoutGradient(() => {
    const rows = tf.reshape(x, [tf.util.sizeFromShape(shape), codebook.shape[1]!]);
    return tf.reshape(NearestCodes.run({ x: rows, codebook }, {})[0]!, shape);
  });
  const embedded = embedding(codes, codebook);
  return { quantized: straightThrough(x, embedded), codes, embedded };
}

export function checkFloats(what: string, ...tensors: readonly tf.Tensor[]): void {
  for (const { dtype } of tensors) check(dtype === 'float32', () => `${what} takes float32, got ${dtype}`);
}

export interface ResidualVectorQuantization {
  /** x's shape: the sum of all stages' rows as value, with the gradient going to x unchanged (straight-through). */
  readonly quantized: tf.Tensor;
  /** int32 [..., stages]. */
  readonly codes: tf.Tensor;
  /** What each stage was given, [..., width]: x less the rows of the stages before, which count as constant. */
  readonly residuals: readonly tf.Tensor[];
  /** Each stage's rows of its codebook, [..., width], with the gradient going to the codebook. */
  readonly embedded: readonly tf.Tensor[];
}

/**
 * Residual vector quantisation: each stage quantises what the stages before left over (SoundStream, Zeghidour et al. 2021,
 * arXiv:2107.03312). A stage's commitment loss is mean (residuals[i] - stopGradient(embedded[i]))².
 *
 * @param x float32 [..., width]
 * @param codebooks float32 [stages, codes, width]; or a list of [codes, width], one for each stage, which may differ in codes. Give fewer
 *   of them for a lower bit rate.
 * @throws InvalidArgumentError when the shapes do not fit or there is no stage
 */
export function residualVectorQuantize(
  x: tf.Tensor,
  codebooks: tf.Tensor | readonly tf.Tensor[],
): ResidualVectorQuantization {
  return scope(() => {
    const list = stagesOf(codebooks);
    const residuals: tf.Tensor[] = [];
    const embedded: tf.Tensor[] = [];
    const codes: tf.Tensor[] = [];
    for (const codebook of list) {
      const last = residuals.at(-1);
      const residual = last === undefined ? tf.clone(x) : tf.sub(last, stopGradient(embedded.at(-1)!));
      const stage = vectorQuantize(residual, codebook);
      stage.quantized.dispose();
      residuals.push(residual);
      embedded.push(stage.embedded);
      codes.push(stage.codes);
    }
    const sum = withoutGradient(() => embedded.reduce((total, rows) => tf.add(total, rows)));
    return { quantized: straightThrough(x, sum), codes: tf.stack(codes, -1), residuals, embedded };
  });
}

/** The stages' codebooks one by one. */
function stagesOf(codebooks: tf.Tensor | readonly tf.Tensor[]): readonly tf.Tensor[] {
  const many = codebooks instanceof tf.Tensor;
  check(
    !many || codebooks.rank === 3,
    () =>
      `residualVectorQuantize: codebooks must be [stages, codes, width], got [${(codebooks as tf.Tensor).shape.join(', ')}]`,
  );
  const list = many ? tf.unstack(codebooks) : codebooks;
  check(list.length > 0, 'residualVectorQuantize: there is no codebook');
  return list;
}
