import { disposeTensors } from '../data/tensors-in.js';
import type { BatchSource } from '../data/loader.js';
import type { Module } from '../module/module.js';
import { predictBatches } from './evaluate.js';
import { Means } from './means.js';
import type { LossFunction, ValidationMetric } from './options.js';
import { exampleCount, lossOf } from './step.js';

/** Mean loss and logs over all batches, by number of examples, and the metrics' scores. */
export async function validateOn<M extends Module, B>(
  model: M,
  batches: BatchSource<B>,
  loss: LossFunction<M, B>,
  metrics: Readonly<Record<string, ValidationMetric<B>>>,
): Promise<Record<string, number>> {
  const means = new Means();
  for (const metric of Object.values(metrics)) metric.reset();
  const results = predictBatches(model, batches, (batch) => {
    const { loss: scalar, logs, output } = lossOf(loss, model, batch);
    for (const metric of Object.values(metrics)) metric.update(output as never, batch);
    return { scalars: { loss: scalar, ...logs }, examples: exampleCount(batch) };
  });
  for await (const { scalars, examples } of results) {
    const values: Record<string, number> = {};
    for (const [name, scalar] of Object.entries(scalars)) values[name] = (await scalar.data())[0]!;
    disposeTensors(scalars);
    means.add(values, examples);
  }
  const scores = means.values();
  for (const [name, metric] of Object.entries(metrics)) {
    const score = metric.compute();
    if (typeof score === 'number') scores[name] = score;
    else {
      for (const [part, value] of Object.entries(score)) {
        if (typeof value === 'number') scores[`${name}.${part}`] = value;
      }
    }
  }
  return scores;
}

/**
 * A metric fed from batches: `select` makes its arguments of the output of the loss function and the batch, inside a scope.
 * A metric that computes an object gives a score for each number in it, named `<metric>.<field>`.
 */
export function batchMetric<Output, B, Arguments extends readonly unknown[] | readonly []>(
  metric: { update(...values: Arguments): void; compute(): number | object; reset(): void },
  select: (output: Output, batch: B) => Arguments,
): ValidationMetric<B> {
  return {
    reset: () => metric.reset(),
    update: (output: Output, batch: B) => metric.update(...select(output, batch)),
    compute: () => metric.compute(),
  };
}
