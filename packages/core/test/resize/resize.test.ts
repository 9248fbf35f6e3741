import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, Upsample, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { interpolate } = functional;

describe.each(testBackends('wasm', 'cpu'))('interpolate on %s', (backend) => {
  const generator = new Generator(4);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it('knows both corner conventions', () => {
    const x = tf.tensor([0, 4], [1, 2, 1]);
    expectValues(interpolate(x, { size: 4, mode: 'linear' }), [0, 1, 3, 4]);
    expectValues(interpolate(x, { size: 5, mode: 'linear', alignCorners: true }), [0, 1, 2, 3, 4]);
    expectValues(interpolate(x, { scaleFactor: 2 }), [0, 0, 4, 4]);
  });

  it('maps coordinates with the scale that was given unless told to recompute it', () => {
    const x = tf.tensor([0, 1, 2, 3, 4], [1, 5, 1]);
    const at = (o: number, scale: number): number => Math.min(Math.max((o + 0.5) * scale - 0.5, 0), 4);
    const eight = [0, 1, 2, 3, 4, 5, 6, 7];
    expectValues(
      interpolate(x, { scaleFactor: 1.7, mode: 'linear' }),
      eight.map((o) => at(o, 1 / 1.7)),
    );
    expectValues(
      interpolate(x, { scaleFactor: 1.7, mode: 'linear', recomputeScaleFactor: true }),
      eight.map((o) => at(o, 5 / 8)),
    );
  });

  it.each(['nearest', 'nearest-exact', 'bilinear', 'bicubic', 'area'] as const)(
    '%s keeps a constant picture',
    (mode) => {
      const x = tf.fill([1, 5, 6, 2], 0.75);
      for (const size of [
        [7, 4],
        [3, 13],
      ])
        expectClose(interpolate(x, { size, mode }), tf.fill([1, ...size, 2], 0.75));
    },
  );

  it('reproduces straight lines when it shrinks with antialias', () => {
    const x = tf.reshape(tf.linspace(0, 1, 64), [1, 1, 64, 1]);
    const y = interpolate(x, { size: [1, 16], mode: 'bilinear', antialias: true }).dataSync();
    for (let i = 2; i < 14; i++) expect(y[i]).toBeCloseTo((4 * i + 1.5) / 63, 5);
  });

  it('has right gradients', () => {
    const x = random(1, 3, 4, 2);
    expectGradient((v) => interpolate(v, { scaleFactor: 2, mode: 'bilinear' }), [x]);
    expectGradient((v) => interpolate(v, { size: [5, 3], mode: 'bilinear', alignCorners: true }), [x]);
    expectGradient((v) => interpolate(v, { scaleFactor: 1.7, mode: 'bicubic' }), [x]);
    expectGradient((v) => interpolate(v, { size: [2, 7] }), [x]);
    expectGradient((v) => interpolate(v, { size: [2, 3], mode: 'area' }), [x]);
    expectGradient((v) => interpolate(v, { size: [2, 2], mode: 'bicubic', antialias: true }), [x]);
    expectGradient((v) => interpolate(v, { scaleFactor: 2, mode: 'trilinear' }), [random(1, 2, 2, 3, 1)]);
  });

  it('leaves no tensors behind', () => {
    const layer = new Upsample({ scaleFactor: 2, mode: 'bilinear' });
    const x = random(1, 3, 4, 2);
    const before = tf.memory().numTensors;
    layer.forward(x).dispose();
    tf.grad((v: tf.Tensor) => tf.sum(layer.forward(v)))(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says which options do not go together', () => {
    const x = tf.zeros([1, 4, 4, 1]);
    expect(() => interpolate(x, {})).toThrow('either size or scaleFactor');
    expect(() => interpolate(x, { size: 4, scaleFactor: 2 })).toThrow('either size or scaleFactor');
    expect(() => interpolate(x, { size: 4, mode: 'linear' })).toThrow('needs 1 spatial axes');
    expect(() => interpolate(x, { size: 4, alignCorners: true })).toThrow('alignCorners');
    expect(() => interpolate(x, { size: 4, antialias: true })).toThrow('antialias');
    expect(() => interpolate(x, { scaleFactor: 0.1 })).toThrow('cannot become 0');
    expect(() => interpolate(x, { size: 4, mode: 'lanczos' as 'area' })).toThrow("unknown mode 'lanczos'");
  });
});
