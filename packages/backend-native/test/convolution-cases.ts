import * as tf from '@tensorflow/tfjs-core';
import { type Generator } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { expect } from 'vitest';
import type { Addon, NativeBackend } from '../src/index.js';

export type Pad = 'valid' | 'same' | number | number[][];
export type Input = readonly [values: Float32Array, shape: number[]];

/** A convolution of a picture. */
export interface Case {
  readonly x: number[];
  readonly filter: number[];
  readonly strides: number[];
  readonly dilations: number[];
  readonly pad: Pad;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function input(random: Generator, shape: number[]): Input {
  return [Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)), shape];
}

export function whole(random: Generator, least: number, most: number): number {
  return random.integer(least, most + 1);
}

export function pick<T>(random: Generator, ...options: T[]): T {
  return options[whole(random, 0, options.length - 1)]!;
}

/** The output's shape, or null where there is none. */
export function outputShape({ x, filter, strides, dilations, pad }: Case, depthwise = false): number[] | null {
  const { outShape } = tf.backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides as [number, number],
    dilations as [number, number],
    pad as 'valid',
    undefined,
    depthwise,
  );
  return outShape.every((n) => n >= 0) ? outShape : null;
}

/** A small convolution of any geometry. */
export function randomCase(random: Generator, channels: () => number): Case {
  for (;;) {
    const axis = (): { size: number; kernel: number; stride: number; dilation: number; pads: number[] } => ({
      size: whole(random, 1, pick(random, 4, 12, 40)),
      kernel: whole(random, 1, pick(random, 1, 3, 7)),
      stride: pick(random, 1, 1, 2, 3, 8),
      dilation: pick(random, 1, 1, 2, 3, 9),
      pads: [whole(random, 0, 5), whole(random, 0, 5)],
    });
    const [h, w] = [axis(), axis()];
    const found: Case = {
      x: [whole(random, 1, 3), h.size, w.size, channels()],
      filter: [h.kernel, w.kernel, 0, channels()],
      strides: [h.stride, w.stride],
      dilations: [h.dilation, w.dilation],
      pad: pick<Pad>(random, 'valid', 'same', whole(random, 0, 4), [[0, 0], h.pads, w.pads, [0, 0]]),
    };
    found.filter[2] = found.x[3]!;
    const shape = outputShape(found);
    if (shape !== null && sizeOf(shape) > 0) return found;
  }
}

/** A kernel's first output on a backend. */
export function run(
  backendName: string,
  kernelName: string,
  inputs: Readonly<Record<string, Input>>,
  attrs: object,
): { values: Float32Array; shape: number[] } {
  tf.setBackend(backendName);
  const all = Object.entries(inputs).map(([name, [values, shape]]) => [name, tf.tensor(values, shape)] as const);
  const made = tf
    .engine()
    .runKernel<tf.Tensor>(kernelName, Object.fromEntries(all), { dataFormat: 'NHWC', ...attrs } as tf.NamedAttrMap);
  const [y] = [made].flat();
  const result = { values: y!.dataSync() as Float32Array, shape: y!.shape };
  tf.dispose([made, all.map(([, tensor]) => tensor)]);
  return result;
}

/** The same on native, which must be bit-equal for one and two threads, must not fall back, and must match `expected` on every instruction set. */
export function expectOnNative(
  addon: Addon,
  kernelName: string,
  inputs: Readonly<Record<string, Input>>,
  attrs: object,
  expected: { values: Float32Array; shape: number[] },
  rtol = 1e-4,
): void {
  const [isa, threads] = [addon.isa(), addon.threads()];
  const what = `${kernelName} ${JSON.stringify(Object.values(inputs).map(([, shape]) => shape))} ${JSON.stringify(attrs)}`;
  tf.setBackend('native');
  const { fallbacks } = tf.backend() as NativeBackend;
  const before = fallbacks.get(kernelName) ?? 0;
  // sums of many numbers of size 1, some of which cancel
  const scale = expected.values.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1,
  );
  for (const name of addon.isas()) {
    addon.setIsa(name);
    addon.setThreads(1);
    const one = run('native', kernelName, inputs, attrs);
    addon.setThreads(2);
    const two = run('native', kernelName, inputs, attrs);
    expect(one.shape, what).toEqual(expected.shape);
    const comparison = compareValues(one.values, expected.values, { rtol: rtol / 10, atol: 2e-6 * scale });
    expect(comparison.ok, `${what} ${name}: ${comparison.message}`).toBe(true);
    expect(Buffer.from(one.values.buffer).equals(Buffer.from(two.values.buffer)), `${what} ${name}: threads`).toBe(
      true,
    );
  }
  addon.setIsa(isa);
  addon.setThreads(threads);
  expect(fallbacks.get(kernelName) ?? 0, `${what}: fell back`).toBe(before);
}
