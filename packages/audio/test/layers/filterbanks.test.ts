import { beforeAll, expect, it } from 'vitest';
import { functional, Generator, loadStateDict, normalTensor, stateDict } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { addChunks, cutChunks, makeEncoderDecoder, type EncoderDecoderOptions } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const sound = (length: number): tf.Tensor => normalTensor([2, length, 1], 0, 1, new Generator(1));

function far(x: tf.Tensor, y: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(x, y))).dataSync()[0]!);
}

const inside = (x: tf.Tensor, from: number, count: number): tf.Tensor => tf.slice(x, [0, from, 0], [-1, count, -1]);

it.each<[string, EncoderDecoderOptions]>([
  ['the STFT', { fbName: 'stft', nFilters: 16, kernelSize: 16, stride: 8 }],
  ['an STFT of more frequencies', { fbName: 'STFTFB', nFilters: 32, kernelSize: 16, stride: 8 }],
  ['the STFT of torch', { fbName: 'torch_stft', nFilters: 16, kernelSize: 16, stride: 8 }],
  ['the pseudo-inverse of free filters', { nFilters: 20, kernelSize: 16, stride: 8, whoIsPinv: 'decoder' }],
  ['filters whose encoder is the pseudo-inverse', { nFilters: 20, kernelSize: 16, stride: 8, whoIsPinv: 'encoder' }],
])('comes back from %s', (_, options) => {
  tf.tidy(() => {
    const { encoder, decoder } = makeEncoderDecoder(options, new Generator(2));
    const x = sound(96);
    const y = decoder.forward(encoder.forward(x));
    // but for the ends, where fewer frames overlap
    expect(far(inside(y, 16, 64), inside(x, 16, 64))).toBeLessThan(1e-5);
    for (const part of [encoder, decoder]) part.dispose();
  });
});

it("gives torch's spectrum for torch_stft", () => {
  tf.tidy(() => {
    const { encoder, decoder } = makeEncoderDecoder({ fbName: 'torch_stft', nFilters: 16, kernelSize: 16, stride: 4 });
    const x = sound(61);
    const window = tf.tensor1d(Array.from({ length: 16 }, (_, t) => Math.sin((Math.PI * t) / 16)));
    const expected = functional.stft(tf.squeeze(x, [2]), { nFft: 16, hopLength: 4, window });
    const [re, im] = [0, 1].map((part) => tf.squeeze(tf.slice(expected, [0, 0, 0, part], [-1, -1, -1, 1]), [3]));
    expect(far(encoder.forward(x), tf.concat([re!, im!], 2))).toBeLessThan(1e-5);
    for (const part of [encoder, decoder]) part.dispose();
  });
});

it('learns the edges of sinc filters', () => {
  tf.tidy(() => {
    const { encoder, decoder } = makeEncoderDecoder({ fbName: 'param_sinc', nFilters: 6, kernelSize: 16, stride: 8 });
    const filters = encoder.filterbank.filters();
    expect(filters.shape).toEqual([17, 1, 6]);
    // cosines are even, sines odd
    const [even, odd] = tf.split(filters, 2, 2) as [tf.Tensor, tf.Tensor];
    expect(far(even, tf.reverse(even, 0))).toBeLessThan(1e-6);
    expect(far(odd, tf.neg(tf.reverse(odd, 0)))).toBeLessThan(1e-6);
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(encoder.forward(sound(60)))) as tf.Scalar);
    expect(Object.values(grads).filter((grad) => Math.abs(grad.dataSync()[0]!) > 0)).toHaveLength(2);
    for (const part of [encoder, decoder]) part.dispose();
  });
});

it('keeps fixed filters in checkpoints', () => {
  tf.tidy(() => {
    const options = { fbName: 'mpgtf', nFilters: 48, kernelSize: 16, stride: 8 };
    const [one, other] = [makeEncoderDecoder(options), makeEncoderDecoder(options)];
    const state = stateDict(one.encoder);
    expect([...state.keys()]).toEqual(['filterbank._filters']);
    expect(state.get('filterbank._filters')!.shape).toEqual([48, 1, 16]);
    loadStateDict(other.encoder, state);
    expect(far(one.encoder.filterbank.filters(), other.encoder.filterbank.filters())).toBe(0);
    for (const { encoder, decoder } of [one, other]) for (const part of [encoder, decoder]) part.dispose();
  });
});

it('refuses filterbanks that there are not, and sizes that do not fit', () => {
  expect(() => makeEncoderDecoder({ fbName: 'wavelet', nFilters: 4, kernelSize: 4 })).toThrow('wavelet');
  expect(() => makeEncoderDecoder({ fbName: 'stft', nFilters: 8, kernelSize: 16 })).toThrow('at least as many');
  expect(() => makeEncoderDecoder({ nFilters: 4, kernelSize: 4, whoIsPinv: 'both' })).toThrow('both');
  const { encoder, decoder } = makeEncoderDecoder({ nFilters: 4, kernelSize: 16 });
  const short = tf.zeros([1, 9, 1]);
  expect(() => encoder.forward(short)).toThrow('9 samples');
  for (const part of [encoder, decoder]) part.dispose();
  short.dispose();
});

it.each([
  [{ chunkSize: 6, hopSize: 3 }, 17, 2],
  [{ chunkSize: 5, hopSize: 2 }, 4, null],
  [{ chunkSize: 4, hopSize: 6 }, 13, null],
])('cuts sequences into chunks and adds them up: %o', (chunking, frames, overlap) => {
  tf.tidy(() => {
    const x = normalTensor([2, frames, 3], 0, 1, new Generator(3));
    const chunks = cutChunks(x, chunking);
    expect(chunks.shape[2]).toBe(chunking.chunkSize);
    const back = addChunks(chunks, frames, chunking);
    if (overlap !== null) expect(far(back, tf.mul(x, overlap))).toBeLessThan(1e-5);
    // the transpose: <cut x, y> = <x, add y>
    const y = normalTensor(chunks.shape, 0, 1, new Generator(4));
    const [left, right] = [tf.sum(tf.mul(chunks, y)), tf.sum(tf.mul(x, addChunks(y, frames, chunking)))];
    expect(left.dataSync()[0]).toBeCloseTo(right.dataSync()[0]!, 3);
  });
});
