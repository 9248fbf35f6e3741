import * as tf from '@tensorflow/tfjs-core';
import { Generator, kernels, Linear, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';

beforeAll(() => useTestBackend('wasm'));
afterEach(() => void vi.restoreAllMocks());

it("computes a linear layer's gradient by its input where something before depends on it, and nowhere else", () => {
  const generator = new Generator(1);
  const [first, second] = [new Linear(4, 3, { generator }), new Linear(3, 2, { generator })];
  const run = vi.spyOn(kernels.LinearGradient, 'run');
  scope(() => {
    const x = normalTensor([5, 4], 0, 1, generator);
    const parameters = [...first.parameters(), ...second.parameters()];
    const loss = (): tf.Tensor => tf.sum(tf.square(second.forward(first.forward(x))));
    const { gradients } = valueAndGradients(loss, parameters);
    // from the last layer to the first
    expect(run.mock.calls.map(([, attrs]) => attrs.x)).toEqual([true, false]);
    // TFJS's own way asks for all of them
    const expected = tf.variableGrads(
      () => loss() as tf.Scalar,
      parameters.map(({ variable }) => variable),
    ).grads;
    expect(run.mock.calls.slice(2).every(([, attrs]) => attrs.x)).toBe(true);
    for (const [parameter, gradient] of gradients) expectClose(gradient, expected[parameter.variable.name]!);
    expect(gradients.size).toBe(4);
  });
  first.dispose();
  second.dispose();
});
