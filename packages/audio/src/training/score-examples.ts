import type * as tf from '@tensorflow/tfjs-core';
import { disposeTensors, evaluate, progressed, type Dataset, type Module, type Watch } from '@hourglass/core';

export interface ScoreOptions extends Watch {
  /** Default 8. */
  readonly batchSize?: number;
}

/**
 * Scores of a model on each example of a data set, in evaluation mode.
 *
 * @param forward gives a result for each example of a batch, [N, …]
 * @param score is given what the model made of one example
 */
export async function scoreExamples<E, B extends object, S>(
  model: Module,
  data: Dataset<E>,
  { batchSize = 8, ...watch }: ScoreOptions,
  collate: (examples: readonly E[]) => B,
  forward: (batch: B) => tf.Tensor,
  score: (values: Float32Array, example: E) => S,
): Promise<S[]> {
  const scores: S[] = [];
  for (let start = 0; start < data.length; start += batchSize) {
    const indices = Array.from({ length: Math.min(batchSize, data.length - start) }, (_, i) => start + i);
    const examples = await Promise.all(indices.map(async (index) => data.get(index)));
    const [results] = await evaluate(model, [collate(examples)], forward);
    const values = await results!.data<'float32'>();
    disposeTensors(results);
    const size = values.length / examples.length;
    examples.forEach((example, i) => scores.push(score(values.subarray(i * size, (i + 1) * size), example)));
    await progressed(watch, scores.length, data.length);
  }
  return scores;
}

/** Mean over scores of what `of` takes from each. */
export const meanOf = <S>(scores: readonly S[], of: (score: S) => number): number =>
  scores.reduce((sum, score) => sum + of(score), 0) / scores.length;
