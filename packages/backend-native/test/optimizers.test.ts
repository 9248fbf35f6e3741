import * as tf from '@tensorflow/tfjs-core';
import { Adam, AdamW, Generator, kernels, normalTensor, Parameter, type Optimizer } from '@hourglass/core';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, type Computation } from './support/fused.js';

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
  ['AdamW', kernels.AdamUpdate, (p) => new AdamW(p, { lr: 0.1, weightDecay: 0.3 })],
];

describe('optimisers in one pass', () => {
  it.each(cases)('%s', async (_, kernel, make) => {
    const fn = trained(make);
    await expectFused(fn, await composed(fn), [kernel], { rtol: 1e-5, atol: 1e-6 });
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
});
