import * as tf from '@tensorflow/tfjs-core';
import {
  Adagrad,
  Adam,
  AdamW,
  ExponentialMovingAverage,
  Generator,
  kernels,
  Module,
  normalTensor,
  Parameter,
  RMSprop,
  SGD,
  type Optimizer,
} from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, valuesOf, type Computation } from './support/fused.js';

const normal = (shape: readonly number[], generator: Generator): tf.Tensor => normalTensor(shape, 0, 1, generator);

/** Parameters and the optimiser's state after three steps. */
function trained(make: (parameters: Parameter[]) => Optimizer): Computation {
  return () => {
    const generator = new Generator(1);
    const shapes = [[20_001], [3, 5], [], [1, 1], [0, 4]];
    const parameters = shapes.map((shape) => new Parameter(normal(shape, generator)));
    const optimizer = make(parameters);
    for (let step = 0; step < 3; step++) {
      const gradients = new Map(parameters.map((parameter) => [parameter, normal(parameter.shape, generator)]));
      optimizer.step(gradients);
      tf.dispose([...gradients.values()]);
    }
    const results = [...parameters.map(({ value }) => value), ...optimizer.state().tensors.values()].map((x) =>
      tf.clone(x),
    );
    optimizer.dispose();
    for (const parameter of parameters) parameter.dispose();
    return results;
  };
}

const cases: ReadonlyArray<readonly [string, { readonly kernelName: string }, (p: Parameter[]) => Optimizer]> = [
  ['Adam', kernels.AdamUpdate, (p) => new Adam(p, { lr: 0.1 })],
  ['Adam with a penalty', kernels.AdamUpdate, (p) => new Adam(p, { lr: 0.1, weightDecay: 0.1, betas: [0.5, 0.9] })],
  ['Adam, amsgrad', kernels.AdamUpdate, (p) => new Adam(p, { lr: 0.1, amsgrad: true })],
  ['Adam that climbs', kernels.AdamUpdate, (p) => new Adam(p, { lr: 0.1, maximize: true })],
  ['SGD', kernels.SGDUpdate, (p) => new SGD(p, { lr: 0.1, weightDecay: 0.1 })],
  ['SGD with momentum', kernels.SGDUpdate, (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.2 })],
  ['SGD, Nesterov', kernels.SGDUpdate, (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
  ['RMSprop', kernels.RMSpropUpdate, (p) => new RMSprop(p, { weightDecay: 0.1 })],
  ['RMSprop, centred', kernels.RMSpropUpdate, (p) => new RMSprop(p, { alpha: 0.5, eps: 1e-3, centered: true })],
  ['RMSprop with momentum', kernels.RMSpropUpdate, (p) => new RMSprop(p, { momentum: 0.9 })],
  [
    'RMSprop, centred, with momentum',
    kernels.RMSpropUpdate,
    (p) => new RMSprop(p, { alpha: 0.5, eps: 1e-3, centered: true, momentum: 0.5 }),
  ],
  ['Adagrad', kernels.AdagradUpdate, (p) => new Adagrad(p, { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1 })],
  ['Adagrad from a start', kernels.AdagradUpdate, (p) => new Adagrad(p, { lr: 0.1, initialAccumulatorValue: 0.5 })],
  ['AdamW', kernels.AdamUpdate, (p) => new AdamW(p, { lr: 0.1, weightDecay: 0.3 })],
];

describe('optimisers in one pass', () => {
  it.each(cases)('%s', async (_, kernel, make) => {
    const fn = trained(make);
    // where momentum cancels: it reaches 20, whose last place is 2e-6
    await expectFused(fn, await composed(fn), [kernel], { rtol: 1e-5, atol: 4e-6 });
  });

  it.each(cases)(
    '%s leaves copies of the parameters alone, and works in place without them',
    async (_, _kernel, make) => {
      const backend = await native();
      const generator = new Generator(2);
      const parameter = new Parameter(normal([100], generator));
      const optimizer = make([parameter]);
      const gradient = normal([100], generator);
      const step = (): void => optimizer.step(new Map([[parameter, gradient]]));
      const copies: Array<[tf.Tensor, Float32Array]> = [];
      for (let i = 0; i < 4; i++) {
        for (const tensor of [parameter.value, ...optimizer.state().tensors.values()]) {
          copies.push([tf.clone(tensor), Float32Array.from(tensor.dataSync())]);
        }
        step();
        for (const [copy, values] of copies) expect(copy.dataSync()).toEqual(values);
        expect(parameter.value.dataSync()).not.toEqual(copies.at(0)![1]);
      }
      tf.dispose(copies.map(([copy]) => copy));
      const place = (): number[] =>
        [parameter.value, ...optimizer.state().tensors.values()].map((tensor) => backend.dataOf(tensor).address);
      step();
      const before = place();
      const numbers = parameter.value.dataSync();
      step();
      expect(place()).toEqual(before);
      expect(parameter.value.dataSync()).not.toEqual(numbers);
      optimizer.dispose();
      parameter.dispose();
      gradient.dispose();
    },
  );

  it('the gradient may be the parameter itself', async () => {
    await native();
    const parameter = new Parameter(tf.tensor1d([1, -2]));
    const optimizer = new Adam([parameter], { lr: 0.5 });
    optimizer.step(new Map([[parameter, parameter.value]]));
    expect(Array.from(parameter.value.dataSync(), (v) => Math.round(v * 1e4) / 1e4)).toEqual([0.5, -1.5]);
    optimizer.dispose();
    parameter.dispose();
  });

  it('an average of the parameters moves without them, and they without it', async () => {
    const fn: Computation = () => {
      const model = new (class extends Module {
        readonly weight = new Parameter(normal([9000], new Generator(1)));
      })();
      const average = new ExponentialMovingAverage(model, 0.9);
      const start = tf.clone(model.weight.value);
      for (let i = 0; i < 3; i++) {
        model.weight.assign(normal([9000], new Generator(2 + i)));
        average.update();
      }
      const trained = tf.clone(model.weight.value);
      const held = tf.clone(average.averages.get(model.weight)!);
      average.swap();
      const swapped = tf.clone(model.weight.value);
      average.dispose();
      model.dispose();
      return [start, trained, held, swapped];
    };
    await expectFused(fn, await composed(fn), [kernels.AverageUpdate]);
  });

  it('norms of gradients neither overflow nor lose digits', async () => {
    await native();
    const [norms] = valuesOf(() =>
      kernels.GradientNorms.run(
        {
          0: tf.tensor1d([3, 4]),
          1: tf.fill([100_003], 0.1),
          2: tf.zeros([0]),
          3: tf.tensor1d([3e30, 4e30]),
          4: tf.tensor1d([1, NaN]),
          5: tf.scalar(-2),
          6: tf.tensor1d([1, -Infinity]),
        },
        {},
      )!,
    );
    const expected = [5, Math.fround(0.1) * Math.sqrt(100_003), 0, 5e30, NaN, 2, Infinity];
    expect(compareValues(norms!, expected, { rtol: 1e-7, atol: 0 }).message).toBe('equal within tolerance');
  });

  it('sums in place leave what shares their memory alone', async () => {
    await native();
    const [sum, addend] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
    const copy = tf.clone(sum);
    const [first] = kernels.AccumulateUpdate.run({ sum, addend }, {})!;
    expect([...first!.dataSync()]).toEqual([11, 22]);
    expect([...copy.dataSync()]).toEqual([1, 2]);
    const [second] = kernels.AccumulateUpdate.run({ sum: first!, addend: first! }, {})!;
    expect([...second!.dataSync()]).toEqual([22, 44]);
    tf.dispose([sum, addend, copy, first!, second!]);
  });
});
