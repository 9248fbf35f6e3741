import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, kernels, Parameter, scope, useBackend, valueAndGradients } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon, type Addon, type NativeBackend } from '../src/index.js';
import { input, pick, whole, type Input } from './convolution-cases.js';

let addon: Addon;

beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
});

type Layer = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor | null) => tf.Tensor;

/** Value and gradients by each input. */
function differentiate(backendName: string, layer: Layer, inputs: readonly Input[]): Float32Array[] {
  tf.setBackend(backendName);
  return tf.tidy(() => {
    const tensors = inputs.map(([values, shape]) => tf.tensor(values, shape));
    const run = (...[x, filter, bias]: tf.Tensor[]): tf.Tensor => layer(x!, filter!, bias ?? null);
    const { value, grads } = tf.valueAndGrads((...all) => {
      const y = run(...all);
      return tf.sum(tf.mul(y, tf.cos(y)));
    })(tensors);
    return [run(...tensors), value, ...grads].map((t) => t.dataSync() as Float32Array);
  });
}

function check(layer: Layer, inputs: readonly Input[], what: string): void {
  const expected = differentiate('cpu', layer, inputs);
  const [isa, threads] = [addon.isa(), addon.threads()];
  for (const name of addon.isas()) {
    addon.setIsa(name);
    addon.setThreads(1);
    const one = differentiate('native', layer, inputs);
    addon.setThreads(2);
    const two = differentiate('native', layer, inputs);
    one.forEach((values, i) => {
      const scale = expected[i]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      const comparison = compareValues(values, expected[i]!, { rtol: 1e-5, atol: 1e-5 * scale });
      expect(comparison.ok, `${what} ${name} ${i}: ${comparison.message}`).toBe(true);
      expect(Buffer.from(values.buffer).equals(Buffer.from(two[i]!.buffer)), `${what} ${name} ${i}: threads`).toBe(
        true,
      );
    });
  }
  addon.setIsa(isa);
  addon.setThreads(threads);
}

const operations = {
  1: [F.conv1d, F.convTranspose1d],
  2: [F.conv2d, F.convTranspose2d],
  3: [F.conv3d, F.convTranspose3d],
} as const;

describe('convolution layers', () => {
  it.each([1, 2, 3] as const)('match the composition on the cpu backend over %i axes', (axes) => {
    const random = new Generator(axes);
    for (let i = 0; i < (axes === 3 ? 3 : 20); i++) {
      const groups = pick(random, 1, 1, 2, 3);
      const depthwise = random.uniform() < 0.3;
      const [perIn, perOut] = [depthwise ? 1 : whole(random, 1, 9), whole(random, 1, pick(random, 3, 20))];
      const kernel = Array.from({ length: axes }, () => whole(random, 1, axes === 3 ? 2 : 4));
      const options = {
        stride: kernel.map(() => whole(random, 1, 3)),
        dilation: kernel.map(() => whole(random, 1, 3)),
        padding: kernel.map((): [number, number] => [whole(random, 0, 2), whole(random, 0, 2)]),
        groups,
      };
      const sizes = kernel.map((k, axis) => options.dilation[axis]! * (k - 1) + whole(random, 1, axes === 3 ? 5 : 16));
      const bias = pick(random, true, false);
      const x = input(random, [2, ...sizes, perIn * groups]);
      const filter = input(random, [...kernel, perIn, perOut * groups]);
      const own = bias ? [input(random, [perOut * groups])] : [];
      const [forward, transposed] = operations[axes];
      check((a, w, b) => forward(a, w, b, options), [x, filter, ...own], `conv ${JSON.stringify(options)}`);
      const outputPadding = kernel.map((_, axis) =>
        whole(random, 0, Math.max(options.stride[axis]!, options.dilation[axis]!) - 1),
      );
      const narrow = input(random, [2, ...kernel.map(() => whole(random, 5, 9)), perIn * groups]);
      const turned = input(random, [...kernel, perOut, perIn * groups]);
      check(
        (a, w, b) => transposed(a, w, b, { ...options, outputPadding }),
        [narrow, turned, ...own],
        `transposed ${JSON.stringify({ ...options, outputPadding })}`,
      );
    }
  });

  it('are differentiable twice', () => {
    const random = new Generator(7);
    const inputs = [input(random, [1, 9, 4]), input(random, [3, 2, 6]), input(random, [6])];
    const layer: Layer = (x, filter, bias) => {
      const y = (...[a, w, b]: tf.Tensor[]): tf.Tensor => {
        const z = F.conv1d(a!, w!, b!, { padding: 1, stride: 2, groups: 2 });
        return tf.sum(tf.mul(z, tf.mul(z, z)));
      };
      return tf.concat(
        tf
          .grads(y)([x, filter, bias!])
          .map((gradient) => tf.reshape(gradient, [-1])),
      );
    };
    check(layer, inputs, 'twice');
  });

  it('compute only the gradients that are asked for, and leave nothing behind', async () => {
    await useBackend('native');
    const ran: string[] = [];
    const random = new Generator(8);
    const [x, w, b] = [[1, 8, 4], [3, 4, 4], [4]].map((shape) => tf.tensor(...input(random, shape)));
    const [filter, bias] = [new Parameter(w!), new Parameter(b!)] as const;
    const loss = (): tf.Tensor => tf.sum(F.conv1d(x!, filter.value, bias.value));
    const step = (): void => scope(() => void valueAndGradients(loss, [filter, bias]));
    step();
    const before = tf.memory().numTensors;
    const profile = await tf.profile(step);
    ran.push(...profile.kernels.map(({ name }) => name));
    expect(ran).toContain(kernels.convolutionFilterGradient.kernelName);
    expect(ran).not.toContain(kernels.convolutionInputGradient.kernelName);
    expect(ran.filter((name) => name === tf.Sum)).toHaveLength(1);
    expect(tf.memory().numTensors).toBe(before);
    for (const made of [x!, filter, bias]) made.dispose();
  });

  it('do not fall back', async () => {
    await useBackend('native');
    const { fallbacks } = tf.backend() as NativeBackend;
    for (const kernel of [kernels.convolution, kernels.convolutionInputGradient, kernels.convolutionFilterGradient]) {
      expect(kernel.isBrought).toBe(true);
      expect(fallbacks.has(kernel.kernelName)).toBe(false);
    }
  });
});
