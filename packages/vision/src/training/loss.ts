import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, losses, scope } from '@hourglass/core';

export interface SegmentationLossOptions {
  /** Pixels with this id count for nothing. */
  readonly ignoreIndex: number;
  /** Weights of the classes in the cross entropy, float32 [classes]. */
  readonly weight?: tf.Tensor;
}

type Term = (logits: tf.Tensor, mask: tf.Tensor, options: SegmentationLossOptions) => tf.Tensor;

const terms: Readonly<Record<string, Term>> = {
  ce: (logits, mask, options) => losses.crossEntropy(logits, mask, options),
  dice: (logits, mask, { ignoreIndex }) => losses.dice(logits, mask, { mode: 'multiclass', ignoreIndex }),
  jaccard: (logits, mask, { ignoreIndex }) => losses.jaccard(logits, mask, { mode: 'multiclass', ignoreIndex }),
  focal: (logits, mask, { ignoreIndex }) => losses.focal(logits, mask, { mode: 'multiclass', ignoreIndex }),
  lovasz: (logits, mask, { ignoreIndex }) => losses.lovasz(logits, mask, { mode: 'multiclass', ignoreIndex }),
};

/** Terms that {@link segmentationLoss} can add up. */
export const segmentationLossTerms = Object.keys(terms);

/**
 * A training loss by name: `ce` (cross entropy), `dice`, `jaccard`, `focal`, `lovasz`, or a sum such as `ce+dice`.
 * The function takes logits [N, H, W, C] and an int32 mask [N, H, W], and returns a scalar.
 * @throws InvalidArgumentError for an unknown term.
 */
export function segmentationLoss(name: string): Term {
  const chosen = name.split('+').map((term) => {
    const loss = Object.hasOwn(terms, term) ? terms[term] : undefined;
    if (loss === undefined) {
      throw new InvalidArgumentError(
        `unknown loss '${name}': add up some of ${segmentationLossTerms.join(', ')}, for instance ce+dice`,
      );
    }
    return loss;
  });
  return (logits, mask, options) => scope(() => tf.addN(chosen.map((loss) => loss(logits, mask, options))));
}
