import { Generator, normalTensor, scope, UnsupportedError } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  endModes,
  SEANetDecoder,
  SEANetEncoder,
  SEANetResidualUnit,
  SnakeDecoder,
  SnakeEncoder,
  StreamableConv1d,
  StreamableConvTranspose1d,
  StreamableLSTM,
  type SEANetOptions,
  type Streamable,
} from '../../src/index.js';
import { steps } from '../../src/layers/streaming.js';

beforeAll(() => useTestBackend('wasm'));

/** x in random pieces of 1 to `most` steps through the layer's stream; the end comes with the last piece or after it. */
function inPieces(layer: Streamable, x: tf.Tensor, most: number, generator: Generator): tf.Tensor {
  return scope(() => {
    const stream = layer.stream();
    const pieces: tf.Tensor[] = [];
    const length = x.shape[1]!;
    const endsWithPiece = generator.uniform() < 0.5;
    for (let at = 0; at < length;) {
      const next = Math.min(length, at + generator.integer(1, most + 1));
      const y = stream.push(steps(x, at, next), endsWithPiece && next === length);
      if (y !== null) pieces.push(y);
      at = next;
    }
    const rest = stream.push(null, true);
    if (rest !== null) pieces.push(rest);
    stream.dispose();
    return tf.concat(pieces, 1);
  });
}

function expectStreams(layer: Streamable, width: number, lengths: readonly number[], generator: Generator): void {
  for (const length of lengths) {
    for (const most of [1, 40]) {
      tf.tidy(() => {
        const x = normalTensor([2, length, width], 0, 1, generator);
        expectClose(inPieces(layer, x, most, generator), layer.forward(x), { atol: 1e-5 });
      });
    }
  }
}

const kernels = [
  { kernelSize: 7 },
  { kernelSize: 3, dilation: 4 },
  { kernelSize: 8, stride: 4 },
  { kernelSize: 5, stride: 4 },
  { kernelSize: 4, stride: 4 },
  { kernelSize: 3, stride: 2, dilation: 2 },
  { kernelSize: 1 },
];

describe('a convolution over time', () => {
  it.each(endModes)('gives in pieces what it gives at once: padding %s', (padMode) => {
    const generator = new Generator(1);
    for (const [i, kernel] of kernels.entries()) {
      const norm = i % 2 === 0 ? 'weight_norm' : 'none';
      for (const causal of [true, false]) {
        const layer = new StreamableConv1d(3, 4, { ...kernel, padMode, norm, causal, generator });
        expectStreams(layer, 3, [1, 2, 3, 4, 7, 8, 9, 23], generator);
        layer.dispose();
      }
    }
  });

  it('gives a step for each stride, begun ones too', () => {
    const generator = new Generator(2);
    for (const causal of [true, false]) {
      for (const stride of [1, 2, 3]) {
        const layer = new StreamableConv1d(1, 2, { kernelSize: 2 * stride, stride, causal, generator });
        for (let length = 1; length < 9; length++) {
          const shape = tf.tidy(() => layer.forward(tf.zeros([1, length, 1])).shape);
          expect(shape).toEqual([1, Math.ceil(length / stride), 2]);
        }
        layer.dispose();
      }
    }
  });

  it('looks at nothing behind its stride where it is causal', () => {
    const generator = new Generator(3);
    for (const causal of [true, false]) {
      const layer = new StreamableConv1d(1, 1, { kernelSize: 6, stride: 2, causal, padMode: 'constant', generator });
      const ahead = tf.tidy(() => {
        const at5 = tf.grad((x: tf.Tensor) => tf.sum(tf.slice(layer.forward(x), [0, 5, 0], [1, 1, 1])));
        return at5(normalTensor([1, 20, 1], 0, 1, generator))
          .dataSync()
          .slice(12);
      });
      expect(ahead.some((g) => g !== 0)).toBe(!causal);
      layer.dispose();
    }
  });

  it('says what cannot be a stream, and what does not fit', () => {
    const normed = new StreamableConv1d(1, 1, { kernelSize: 3, norm: 'time_group_norm' });
    expect(() => normed.stream()).toThrow(UnsupportedError);
    expect(() => normed.stream()).toThrow(/whole signal/);
    expect(() => new StreamableConv1d(1, 1, { kernelSize: 2, stride: 3 })).toThrow(/leaves out/);
    expect(() => new StreamableConv1d(1, 1, { kernelSize: 2, padMode: 'round' as 'reflect' })).toThrow(/'round'/);
    expect(() => new StreamableConv1d(1, 1, { kernelSize: 2, norm: 'batch' as 'none' })).toThrow(/'batch'/);
    expect(() => normed.forward(tf.zeros([1, 4, 2]))).toThrow(/\[1, 4, 2\]/);
  });
});

describe('a transposed convolution over time', () => {
  it('gives in pieces what it gives at once', () => {
    const generator = new Generator(4);
    for (const [kernelSize, stride] of [
      [8, 4],
      [4, 4],
      [7, 3],
      [5, 1],
      [10, 3],
    ] as const) {
      for (const trimRightRatio of [1, 0.5, 0]) {
        const layer = new StreamableConvTranspose1d(3, 2, {
          kernelSize,
          stride,
          trimRightRatio,
          norm: 'weight_norm',
          generator,
        });
        expectStreams(layer, 3, [1, 2, 9], generator);
        layer.dispose();
      }
      const ahead = new StreamableConvTranspose1d(3, 2, { kernelSize, stride, causal: false, generator });
      expectStreams(ahead, 3, [1, 2, 9], generator);
      ahead.dispose();
    }
  });

  it('gives in groups in pieces what it gives at once', () => {
    const generator = new Generator(5);
    const layer = new StreamableConvTranspose1d(4, 4, { kernelSize: 4, stride: 2, groups: 4, bias: false, generator });
    expectStreams(layer, 4, [1, 6], generator);
  });

  it('gives a stride of steps for each step', () => {
    const generator = new Generator(6);
    for (const causal of [true, false]) {
      const layer = new StreamableConvTranspose1d(1, 2, { kernelSize: 6, stride: 3, causal, generator });
      expect(tf.tidy(() => layer.forward(tf.zeros([1, 5, 1])).shape)).toEqual([1, 15, 2]);
    }
    expect(() => new StreamableConvTranspose1d(1, 1, { kernelSize: 4, causal: false, trimRightRatio: 0.5 })).toThrow(
      /trimRightRatio/,
    );
  });
});

it('an LSTM goes on where the last piece ended', () => {
  const generator = new Generator(7);
  expectStreams(new StreamableLSTM(5, { numLayers: 2, generator }), 5, [1, 12], generator);
});

it('a residual unit joins what comes at different times', () => {
  const generator = new Generator(8);
  for (const convShortcut of [true, false]) {
    const unit = new SEANetResidualUnit(4, { kernelSizes: [5, 3], dilations: [2, 1], convShortcut, generator });
    expectStreams(unit, 4, [1, 5, 30], generator);
  }
});

it('a network of Snake units gives in pieces what it gives at once, also of odd strides', () => {
  const generator = new Generator(12);
  const sizes = { channels: 2, latentChannels: 5, strides: [2, 3], generator };
  const encoder = new SnakeEncoder({ ...sizes, widths: [3, 4, 5] });
  const decoder = new SnakeDecoder({ ...sizes, widths: [5, 4, 3], weightNorm: true });
  expectStreams(encoder, 2, [6, 121], generator);
  expectStreams(decoder, 5, [1, 40], generator);
});

describe('SEANet', () => {
  const small: SEANetOptions = { dimension: 6, numFilters: 4, ratios: [3, 2], numResidualLayers: 2, lstmLayers: 1 };

  it.each(endModes)('gives in pieces what it gives at once: padding %s', (padMode) => {
    const generator = new Generator(9);
    const encoder = new SEANetEncoder({ ...small, padMode, generator });
    const decoder = new SEANetDecoder({ ...small, padMode, generator });
    expectStreams(encoder, 1, [1, 11, 60], generator);
    expectStreams(decoder, 6, [1, 9], generator);
  });

  it('leaves no tensor behind', () => {
    const generator = new Generator(10);
    const encoder = new SEANetEncoder({ ...small, generator });
    const x = normalTensor([1, 100, 1], 0, 1, generator);
    const before = tf.memory().numTensors;
    inPieces(encoder, x, 9, generator).dispose();
    const stream = encoder.stream();
    stream.push(x, false)?.dispose();
    stream.dispose();
    stream.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
