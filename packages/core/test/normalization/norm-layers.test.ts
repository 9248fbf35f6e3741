import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  BatchNorm2d,
  functional as F,
  GroupNorm,
  InstanceNorm1d,
  LayerNorm,
  Linear,
  removeParametrization,
  RMSNorm,
  spectralNorm,
  weightNorm,
} from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

const names = (module: Linear | BatchNorm2d | GroupNorm | LayerNorm | RMSNorm | InstanceNorm1d): string[] =>
  [...module.namedState()].map(([name]) => name);

describe('norm layers', () => {
  it('carry the names of the reference checkpoint', () => {
    expect(names(new BatchNorm2d(3))).toEqual(['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']);
    expect(names(new BatchNorm2d(3, { affine: false, trackRunningStats: false }))).toEqual([]);
    expect(names(new GroupNorm(2, 4))).toEqual(['weight', 'bias']);
    expect(names(new LayerNorm([3, 4], { bias: false }))).toEqual(['weight']);
    expect(names(new RMSNorm(4))).toEqual(['weight']);
    expect(names(new InstanceNorm1d(4))).toEqual([]);
    expect(new BatchNorm2d(3).num_batches_tracked!.dtype).toBe('int32');
  });

  it('running statistics move by the momentum towards the mean and the unbiased variance', () => {
    const bn = new BatchNorm1d(2, { momentum: 0.25 });
    const x = tf.tensor2d([
      [1, 10],
      [3, 30],
      [5, 20],
    ]);
    bn.forward(x).dispose();
    expectValues(bn.running_mean!.value, [0.25 * 3, 0.25 * 20]);
    expectValues(bn.running_var!.value, [0.75 + 0.25 * 4, 0.75 + 0.25 * 100]);
    expectValues(bn.num_batches_tracked!.value, [1]);
  });

  it('momentum null averages all batches alike', () => {
    const bn = new BatchNorm1d(1, { momentum: null });
    for (const at of [0, 6, 3]) bn.forward(tf.tensor2d([[at - 1], [at + 1]])).dispose();
    expectValues(bn.running_mean!.value, [3]);
    expectValues(bn.running_var!.value, [2]);
  });

  it('evaluation uses the running statistics and leaves them alone', () => {
    const bn = new BatchNorm2d(2).eval();
    bn.running_mean!.assign(tf.tensor1d([1, 2]));
    bn.running_var!.assign(tf.tensor1d([4, 9]));
    const y = bn.forward(tf.tensor4d([5, 5, 1, -1], [1, 1, 2, 2]));
    expectValues(y, [2, 1, 0, -1], { rtol: 1e-4 });
    expectValues(bn.num_batches_tracked!.value, [0]);
  });

  it('training under a gradient tape updates once a step and leaks nothing', () => {
    const bn = new BatchNorm2d(3);
    const x = tf.randomNormal([2, 4, 4, 3]);
    const step = (): void => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.square(bn.forward(x))) as tf.Scalar,
        bn.parameters().map((p) => p.variable),
      );
      tf.dispose([value, grads]);
    };
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step();
    for (let i = 0; i < 5; i++) bn.forward(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expectValues(bn.num_batches_tracked!.value, [11]);
  });

  it('name what does not fit', () => {
    expect(() => new BatchNorm2d(3).forward(tf.zeros([2, 3, 4, 4]))).toThrow(/BatchNorm2d of 3 channels takes 4 axes/);
    expect(() => new BatchNorm2d(3).forward(tf.zeros([2, 4, 3]))).toThrow(/BatchNorm2d of 3 channels/);
    expect(() => new GroupNorm(3, 4)).toThrow(/do not divide/);
  });
});

describe('weight norm', () => {
  it('keeps the layer, names its parts, and splits the gradient', () => {
    const layer = new Linear(4, 3);
    const x = tf.randomNormal([2, 4]);
    const before = layer.forward(x);
    weightNorm(layer);
    expectClose(layer.forward(x), before, { atol: 1e-6 });
    expect([...layer.namedState()].map(([name, leaf]) => [name, leaf.checkpointShape])).toEqual([
      ['bias', [3]],
      ['parametrizations.weight.original0', [3, 1]],
      ['parametrizations.weight.original1', [3, 4]],
    ]);
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(layer.forward(x))) as tf.Scalar);
    for (const parameter of layer.parameters()) expect(grads[parameter.variable.name]).toBeDefined();
    // the direction's gradient is at right angles to it
    const [, , v] = layer.parameters();
    expectValues(tf.sum(tf.mul(v!.value, grads[v!.variable.name]!), 0), [0, 0, 0], { atol: 1e-4 });
  });

  it('leaks nothing outside any scope, and can be folded back', () => {
    const layer = weightNorm(new Linear(4, 3), { dim: null, legacy: true });
    expect([...layer.namedState()].map(([name]) => name)).toEqual(['bias', 'weight_g', 'weight_v']);
    const x = tf.randomNormal([2, 4]);
    const before = tf.memory().numTensors;
    layer.forward(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
    const y = layer.forward(x);
    removeParametrization(layer);
    expect([...layer.namedState()].map(([name]) => name).sort()).toEqual(['bias', 'weight']);
    expectClose(layer.forward(x), y, { atol: 1e-6 });
    expect(() => removeParametrization(layer)).toThrow(/not a derived weight/);
    expect(() => weightNorm(layer, { name: 'kernel' })).toThrow(/no parameter 'kernel'/);
  });
});

describe('spectral norm', () => {
  it('scales the weight to a largest singular value of one', () => {
    const layer = new Linear(5, 4);
    layer.weight.assign(tf.randomNormal([5, 4], 0, 1, 'float32', 3));
    spectralNorm(layer);
    for (let i = 0; i < 40; i++) layer.forward(tf.zeros([1, 5])).dispose();
    layer.eval();
    expectValues(tf.slice(F.svdvals(layer.weight.value), 0, 1), [1], { rtol: 1e-4 });
    expect([...layer.namedState()].map(([name]) => name).sort()).toEqual([
      'bias',
      'parametrizations.weight.0._u',
      'parametrizations.weight.0._v',
      'parametrizations.weight.original',
    ]);
    const x = tf.zeros([1, 5]);
    const before = tf.memory().numTensors;
    layer.train().forward(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
