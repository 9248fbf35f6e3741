import * as tf from '@tensorflow/tfjs-core';
import { Generator, init, layouts, Parameter } from '@hourglass/core';
import { expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

/** A convolution's weight, checkpoint [out, in, 3, 3]. */
const conv = (out: number, inputs: number): Parameter => new Parameter(tf.zeros([3, 3, inputs, out]), layouts.conv2d);
const linear = (out: number, inputs: number): Parameter => new Parameter(tf.zeros([inputs, out]), layouts.linear);

const spread = (parameter: Parameter): number => Math.sqrt(tf.mean(tf.square(parameter.value)).dataSync()[0]!);

describe('initialisers', () => {
  it('count fans in the checkpoint’s orientation, whatever the layout in memory', () => {
    expect(init.fans(conv(16, 4).checkpointShape)).toEqual({ fanIn: 36, fanOut: 144 });
    const weight = conv(64, 16);
    init.kaimingNormal(weight, { mode: 'fan_out', nonlinearity: 'relu', generator: new Generator(1) });
    expect(spread(weight)).toBeCloseTo(Math.sqrt(2 / (64 * 9)), 2);
    init.kaimingUniform(weight, { a: Math.sqrt(5), generator: new Generator(1) });
    const bound = 1 / Math.sqrt(16 * 9);
    expect(tf.max(tf.abs(weight.value)).dataSync()[0]).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(spread(weight)).toBeCloseTo(bound / Math.sqrt(3), 3);
    init.xavierNormal(weight, { generator: new Generator(2) });
    expect(spread(weight)).toBeCloseTo(Math.sqrt(2 / (80 * 9)), 2);
  });

  it('repeat with the seed, in the checkpoint’s order', () => {
    const [a, b, turned] = [linear(3, 5), linear(3, 5), new Parameter(tf.zeros([3, 5]))];
    for (const parameter of [a, b, turned]) init.xavierUniform(parameter, { generator: new Generator(7) });
    expectClose(a.value, b.value);
    expectClose(tf.transpose(a.value), turned.value);
  });

  it('a truncated normal stays within its bounds and keeps its mean', () => {
    const weight = linear(100, 100);
    init.truncNormal(weight, { std: 1, low: -0.5, high: 1, generator: new Generator(1) });
    expect(tf.min(weight.value).dataSync()[0]).toBeGreaterThanOrEqual(-0.5);
    expect(tf.max(weight.value).dataSync()[0]).toBeLessThanOrEqual(1);
    expect(() => init.truncNormal(weight, { low: 9, high: 10 })).toThrow(/hardly anything/);
  });

  it('orthogonal rows or columns, whichever are fewer', () => {
    const wide = conv(4, 3);
    init.orthogonal(wide, { gain: 2, generator: new Generator(1) });
    const rows = tf.reshape(tf.transpose(wide.value, [3, 2, 0, 1]), [4, 27]) as tf.Tensor2D;
    expectClose(tf.matMul(rows, rows, false, true), tf.mul(tf.eye(4), 4), { atol: 1e-5 });
    const tall = linear(6, 2);
    init.orthogonal(tall, { generator: new Generator(1) });
    expectClose(tf.matMul(tall.value as tf.Tensor2D, tall.value as tf.Tensor2D, false, true), tf.eye(2), {
      atol: 1e-5,
    });
  });

  it('a dirac convolution passes its input through', () => {
    const weight = conv(3, 3);
    init.dirac(weight);
    const x = tf.randomNormal([1, 5, 5, 3]) as tf.Tensor4D;
    expectClose(tf.conv2d(x, weight.value as tf.Tensor4D, 1, 'same'), x, { atol: 1e-6 });
  });

  it('eye, sparse and constants', () => {
    const weight = linear(2, 3);
    init.eye(weight);
    expectValues(weight.value, [1, 0, 0, 1, 0, 0]);
    const mostlyZero = linear(10, 4);
    init.sparse(mostlyZero, 0.75, { generator: new Generator(1) });
    // eight of ten outputs of every input
    expectValues(tf.sum(tf.cast(tf.equal(mostlyZero.value, 0), 'float32'), 1), [8, 8, 8, 8]);
    init.ones(weight);
    expectValues(weight.value, [1, 1, 1, 1, 1, 1]);
    expect(init.gain('relu')).toBeCloseTo(Math.SQRT2);
    expect(() => init.kaimingNormal(new Parameter(tf.zeros([3])))).toThrow(/at least two axes/);
  });

  it('leave no tensors behind', () => {
    const weight = conv(4, 4);
    const before = tf.memory().numTensors;
    init.orthogonal(weight);
    init.kaimingNormal(weight);
    expect(tf.memory().numTensors).toBe(before);
  });
});
