import * as tf from '@tensorflow/tfjs-core';
import { Conv1d, Conv2d, ConvTranspose2d, functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } = functional;

describe.each(testBackends('wasm', 'cpu'))('convolution on %s', (backend) => {
  const generator = new Generator(0);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());
  beforeEach(() => void generator.seed(1));

  it('multiplies and adds what the definition says', () => {
    const x = tf.tensor([1, 2, 3, 4], [1, 4, 1]);
    const w = tf.tensor([1, 10], [2, 1, 1]);
    expectValues(conv1d(x, w), [21, 32, 43]);
    expectValues(conv1d(x, w, tf.tensor1d([0.5]), { padding: 'same' }), [21.5, 32.5, 43.5, 4.5]);
    expectValues(conv1d(x, w, null, { padding: [[1, 0]], stride: 2 }), [10, 32]);
    expectValues(conv1d(x, w, null, { dilation: 2, stride: 1 }), [31, 42]);
    expectValues(convTranspose1d(x, w, null, { stride: 2, padding: 1, outputPadding: 1 }), [10, 2, 20, 3, 30, 4, 40]);
  });

  it('strides a dilated convolution', () => {
    const x = random(1, 9, 9, 2);
    const w = random(3, 3, 2, 3);
    const all = conv2d(x, w, null, { dilation: 2 });
    expectClose(
      conv2d(x, w, null, { dilation: 2, stride: 2 }),
      tf.stridedSlice(all, [0, 0, 0, 0], [1, 5, 5, 3], [1, 2, 2, 1]),
    );
  });

  it('keeps groups apart, output channel by output channel', () => {
    const x = random(1, 5, 5, 4);
    for (const groups of [2, 4]) {
      const w = random(3, 3, 4 / groups, 8);
      const parts = Array.from({ length: groups }, (_, g) =>
        conv2d(
          tf.slice(x, [0, 0, 0, (4 / groups) * g], [1, 5, 5, 4 / groups]),
          tf.slice(w, [0, 0, 0, (8 / groups) * g], [3, 3, 4 / groups, 8 / groups]),
        ),
      );
      expectClose(conv2d(x, w, null, { groups }), tf.concat(parts, 3));
    }
  });

  it('transposes: <conv(x), y> = <x, convTranspose(y)> for every option', () => {
    const cases: Array<{ stride?: number; padding?: number; dilation?: number; groups?: number }> = [
      {},
      { stride: 2, padding: 1 },
      { stride: 3, dilation: 2 },
      { padding: 4, dilation: 3 },
      { stride: 2, groups: 2 },
    ];
    for (const options of cases) {
      const groups = options.groups ?? 1;
      const x = random(2, 13, 13, 4);
      const w = random(3, 3, 4 / groups, 6);
      const forward = conv2d(x, w, null, options);
      const y = random(...forward.shape);
      // the same weight, transposed within each group: [kh, kw, in/g, out]; a transposed convolution wants [.., out/g, in]
      const [, h] = forward.shape as [number, number];
      const { stride = 1, padding = 0, dilation = 1 } = options;
      const outputPadding = 13 - ((h - 1) * stride - 2 * padding + dilation * 2 + 1);
      const back = convTranspose2d(y, w, null, { ...options, outputPadding });
      expectClose(tf.sum(tf.mul(forward, y)), tf.sum(tf.mul(x, back)), { rtol: 1e-4, atol: 1e-3 });
    }
  });

  it('has right gradients with stride, dilation, padding and groups', () => {
    const x = random(1, 5, 4, 2);
    const bias = random(4);
    expectGradient((a, w, b) => conv2d(a, w, b, { stride: 2, padding: [[1, 0], [0, 2]], dilation: [1, 2] }), [x, random(2, 2, 2, 4), bias]); // prettier-ignore
    expectGradient((a, w, b) => conv2d(a, w, b, { groups: 2, stride: 2, dilation: 2, padding: 1 }), [x, random(2, 2, 1, 4), bias]); // prettier-ignore
    expectGradient(
      (a, w, b) => convTranspose2d(a, w, b, { stride: [2, 3], padding: 1, outputPadding: 1 }),
      [random(1, 2, 3, 2), random(3, 4, 4, 2), bias],
    );
    expectGradient((a, w) => conv3d(a, w, null, { padding: 1, stride: [2, 1, 1] }), [random(1, 3, 3, 2, 1), random(2, 2, 2, 1, 2)]); // prettier-ignore
    expectGradient((a, w) => convTranspose3d(a, w, null, { stride: 2, groups: 2 }), [random(1, 2, 2, 1, 2), random(2, 1, 2, 1, 2)]); // prettier-ignore
  });

  it('pads with other things than zeros in the layer', () => {
    const layer = new Conv1d(1, 1, { kernelSize: 3, padding: 1, paddingMode: 'circular', bias: false, generator });
    layer.weight.assign(tf.tensor([1, 10, 100], [3, 1, 1]));
    expectValues(layer.forward(tf.tensor([1, 2, 3], [1, 3, 1])), [213, 321, 132]);
    layer.dispose();
  });

  it('draws weights within 1 / sqrt(fan in), the same for the same seed', () => {
    const make = (): Conv2d => new Conv2d(8, 16, { kernelSize: 3, groups: 2, generator: new Generator(5) });
    const [a, b] = [make(), make()];
    expectClose(a.weight.value, b.weight.value, { rtol: 0, atol: 0 });
    const largest = tf.max(tf.abs(a.weight.value)).dataSync()[0]!;
    expect(largest).toBeLessThanOrEqual(1 / 6);
    expect(largest).toBeGreaterThan(0.16);
    expect(a.weight.checkpointShape).toEqual([16, 4, 3, 3]);
    const transposed = new ConvTranspose2d(8, 16, { kernelSize: 2, generator });
    expect(transposed.weight.checkpointShape).toEqual([8, 16, 2, 2]);
    for (const layer of [a, b, transposed]) layer.dispose();
  });

  it('leaves no tensors behind', () => {
    const layer = new ConvTranspose2d(2, 3, { kernelSize: 3, stride: 2, padding: 1 });
    const conv = new Conv2d(3, 4, { kernelSize: 3, padding: 1, groups: 1, paddingMode: 'reflect' });
    const x = random(1, 4, 4, 2);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const y = layer.forward(x);
      conv.forward(y).dispose();
      y.dispose();
      const { value, grads } = tf.variableGrads(() => tf.sum(conv.forward(layer.forward(x))) as tf.Scalar);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('says what does not fit', () => {
    const x = tf.zeros([1, 4, 4, 3]);
    expect(() => conv2d(x, tf.zeros([3, 3, 2, 4]))).toThrow('3 channels');
    expect(() => conv2d(x, tf.zeros([5, 5, 3, 4]))).toThrow('reaches over 5');
    expect(() => conv2d(x, tf.zeros([3, 3, 3, 4]), null, { padding: 'same', stride: 2 })).toThrow(
      "'same' needs stride 1",
    );
    expect(() => conv2d(x, tf.zeros([3, 3, 3, 4]), tf.zeros([3]))).toThrow('bias');
    expect(() => conv2d(tf.zeros([4, 4]), tf.zeros([3, 3, 3, 4]))).toThrow('shape [4, 4]');
    expect(() => convTranspose2d(x, tf.zeros([2, 2, 4, 3]), null, { outputPadding: 1 })).toThrow('outputPadding 1');
    expect(() => new Conv2d(3, 4, { kernelSize: 3, groups: 2 })).toThrow('2 groups');
    expect(() => new Conv2d(3, 4, { kernelSize: 0 })).toThrow('kernelSize');
  });
});
