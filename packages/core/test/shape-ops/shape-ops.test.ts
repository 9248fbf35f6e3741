import * as tf from '@tensorflow/tfjs-core';
import {
  Flatten,
  functional,
  Generator,
  normalTensor,
  PixelShuffle,
  ReflectionPad2d,
  Unflatten,
  useBackend,
  ZeroPad2d,
} from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const f = functional;

describe.each(testBackends('wasm', 'cpu'))('shape operations on %s', (backend) => {
  const generator = new Generator(6);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('pads in every mode', () => {
    const x = tf.tensor([1, 2, 3], [1, 3, 1]);
    expectValues(f.pad(x, [[2, 1]], { value: 9 }), [9, 9, 1, 2, 3, 9]);
    expectValues(f.pad(x, [[-1, 1]], { value: 9 }), [2, 3, 9]);
    expectValues(f.pad(x, [[2, 1]], { mode: 'reflect' }), [3, 2, 1, 2, 3, 2]);
    expectValues(f.pad(x, [[2, 1]], { mode: 'replicate' }), [1, 1, 1, 2, 3, 3]);
    expectValues(f.pad(x, [[2, 1]], { mode: 'circular' }), [2, 3, 1, 2, 3, 1]);
    expect(() => f.pad(x, [[3, 0]], { mode: 'reflect' })).toThrow('at most 2');
    for (const mode of ['constant', 'reflect', 'replicate', 'circular'] as const) {
      expectGradient((v) => f.pad(v, [[2, 1], [0, 1]], { mode }), [random(1, 3, 2, 2)]); // prettier-ignore
    }
  });

  it('takes the layers’ padding in torch’s order', () => {
    const x = tf.ones([1, 2, 3, 1]);
    expect(new ZeroPad2d([1, 2, 3, 4]).forward(x).shape).toEqual([1, 9, 6, 1]);
    expect(new ReflectionPad2d(1).forward(x).shape).toEqual([1, 4, 5, 1]);
  });

  it('shuffles pixels there and back', () => {
    const x = random(2, 3, 4, 8);
    const y = new PixelShuffle(2).forward(x);
    expect(y.shape).toEqual([2, 6, 8, 2]);
    expectClose(f.pixelUnshuffle(y, 2), x);
    // channel c * 4 + i * 2 + j becomes row i, column j of channel c
    expectValues(tf.slice(y, [0, 1, 0, 1], [1, 1, 1, 1]), tf.slice(x, [0, 0, 0, 6], [1, 1, 1, 1]).dataSync());
    expectValues(f.channelShuffle(tf.tensor([0, 1, 2, 3, 4, 5], [1, 6]), 2), [0, 3, 1, 4, 2, 5]);
    expect(() => f.pixelShuffle(random(1, 2, 2, 3), 2)).toThrow('cannot be divided');
  });

  it('flattens in the checkpoint’s order', () => {
    const x = tf.reshape(tf.range(0, 12), [1, 2, 2, 3]);
    const y = new Flatten().forward(x);
    expectValues(y, [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    expectClose(new Unflatten([3, 2, 2]).forward(y), x);
  });

  it('folds what it unfolds, as often as blocks overlap', () => {
    const x = random(1, 6, 7, 2);
    const options = { kernelSize: [3, 2], stride: [1, 2], padding: [1, 0], dilation: [2, 1] };
    const count = f.fold(f.unfold(tf.onesLike(x), options), [6, 7], options);
    expectClose(f.fold(f.unfold(x, options), [6, 7], options), tf.mul(x, count));
    expectGradient((v) => f.unfold(v, options), [random(1, 5, 4, 2)]);
    expectGradient((v) => f.fold(v, [4, 4], { kernelSize: 2, stride: 2 }), [random(1, 4, 8)]);
    expect(() => f.fold(random(1, 3, 8), [4, 4], { kernelSize: 2, stride: 2 })).toThrow('blocks');
  });

  it('samples at the identity grid what is there', () => {
    const x = random(2, 4, 5, 3);
    const identity = tf.tensor([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0], [2, 2, 3]);
    for (const alignCorners of [true, false]) {
      const grid = f.affineGrid(identity, [4, 5], { alignCorners });
      for (const mode of ['bilinear', 'nearest', 'bicubic'] as const) {
        expectClose(f.gridSample(x, grid, { mode, alignCorners }), x, { atol: 1e-5 });
      }
    }
    expect(() => f.gridSample(x, random(1, 2, 2, 2))).toThrow('does not fit');
  });

  it('samples with right gradients for picture and grid', () => {
    const x = random(1, 3, 4, 1);
    // away from pixel borders, where the gradient jumps
    const grid = tf.tensor([-0.71, 0.33, 0.12, -0.48, 1.31, 0.87], [1, 3, 1, 2]);
    for (const paddingMode of ['zeros', 'border', 'reflection'] as const) {
      expectGradient((v, g) => f.gridSample(v, g, { paddingMode }), [x, grid], { step: 5e-3 });
    }
    expectGradient((v, g) => f.gridSample(v, g, { mode: 'bicubic' }), [x, grid], { step: 5e-3 });
    const nearest = tf.grad((g: tf.Tensor) => f.gridSample(x, g, { mode: 'nearest' }))(grid);
    expectClose(nearest, tf.zerosLike(grid));
  });

  it('embeds, and leaves the padding row alone', () => {
    const table = random(4, 3);
    const indices = tf.tensor([0, 1, 1, 3], [2, 2], 'int32');
    expectClose(f.embedding(indices, table), tf.gather(table, indices));
    const gradient = tf.grad((w: tf.Tensor) => f.embedding(indices, w, { paddingIdx: 1 }))(table);
    expectValues(gradient, [1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    expect(() => f.embedding(indices, table, { paddingIdx: 4 })).toThrow('paddingIdx');
  });

  it('reduces bags, also empty ones', () => {
    const table = tf.tensor([1, 10, 2, 20, 3, 30], [3, 2]);
    const indices = tf.tensor1d([0, 2, 2, 1], 'int32');
    const offsets = tf.tensor1d([0, 3, 3], 'int32');
    expectValues(f.embeddingBag(indices, table, { offsets, mode: 'sum' }), [7, 70, 0, 0, 2, 20]);
    expectValues(f.embeddingBag(indices, table, { offsets }), [7 / 3, 70 / 3, 0, 0, 2, 20]);
    expectValues(f.embeddingBag(indices, table, { offsets, mode: 'max' }), [3, 30, 0, 0, 2, 20]);
    const gradient = tf.grad((w: tf.Tensor) => f.embeddingBag(indices, w, { offsets, mode: 'max' }))(table);
    expectValues(gradient, [0, 0, 1, 1, 1, 1]);
  });

  it('measures distances with finite gradients where they are zero', () => {
    const a = random(3, 2);
    const b = random(4, 2);
    expectGradient((v) => f.cdist(v, b), [a]);
    const gradient = tf.grad((v: tf.Tensor) => f.cdist(v, a))(a);
    expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
    expectValues(f.cdist(tf.tensor2d([[0, 0]]), tf.tensor2d([[3, 4]])), [5]);
    expectValues(f.cosineSimilarity(tf.tensor2d([[1, 0]]), tf.tensor2d([[1, 1]])), [Math.SQRT1_2]);
    expectValues(f.pairwiseDistance(tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 4]]), { p: 1, eps: 0 }), [2]);
  });

  it('accumulates along an axis, with right gradients at zeros', () => {
    const x = tf.tensor([2, 0, -3, 4, 1], [1, 5]);
    expectValues(f.cumsum(x, 1), [2, 2, -1, 3, 4]);
    expectValues(f.cumprod(x, 1), [2, 0, 0, 0, 0]);
    expectGradient((v) => f.cumprod(v, 1), [x], { step: 1e-2 });
    expectValues(f.logcumsumexp(tf.tensor1d([1000, 1000])), [1000, 1000 + Math.log(2)]);
    expectGradient((v) => f.logcumsumexp(v, -1), [x]);
    const steps = tf.tensor2d([3, 1, 2, -1, 5, 4], [2, 3]);
    expectValues(f.cummax(steps, 1), [3, 3, 3, -1, 5, 5]);
    expectValues(f.cummin(steps, -1), [3, 1, 1, -1, -1, -1]);
    expect(() => f.cumsum(x, 2)).toThrow('no axis 2');
  });

  it('evaluates index notation', () => {
    const [a, b] = [random(2, 3), random(3, 4)];
    expectClose(f.einsum('ij,jk->ik', a, b), tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D));
    expectClose(f.einsum('ij,jk', a, b), f.einsum('ij,jk->ik', a, b));
    expectClose(f.einsum('ij->ji', a), tf.transpose(a));
    expectValues(f.einsum('ii', tf.tensor2d([[1, 2], [3, 4]])), [5]); // prettier-ignore
    expectValues(f.einsum('ii->i', tf.tensor2d([[1, 2], [3, 4]])), [1, 4]); // prettier-ignore
    expect(f.einsum('...ij,...jk->...ik', random(2, 1, 3, 4), random(5, 4, 2)).shape).toEqual([2, 5, 3, 2]);
    expectGradient((u, v, w) => f.einsum('ab,bc,c->a', u, v, w), [a, b, random(4)]);
    expect(() => f.einsum('ij,jk->ik', a)).toThrow('2 terms for 1 operands');
    expect(() => f.einsum('ij->ik', a)).toThrow("'k' is in no operand");
    expect(() => f.einsum('ij,ik->jk', a, b)).toThrow("axis 'i' has sizes 2 and 3");
  });

  it('leaves no tensors behind', () => {
    const [x, grid] = [random(1, 4, 4, 4), random(1, 2, 2, 2)];
    const before = tf.memory().numTensors;
    tf.grad((v: tf.Tensor) => tf.sum(f.gridSample(f.pixelShuffle(f.pad(v, 1, { mode: 'circular' }), 2), grid)))(
      x,
    ).dispose();
    f.unfold(x, { kernelSize: 2 }).dispose();
    f.einsum('abcd->bd', x).dispose();
    f.cumprod(x, 1).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
