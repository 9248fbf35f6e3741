import { check, progressed, scope, type Watch } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { lengthOf, waveformToTensor, type Waveform } from '../../data/waveform.js';
import { chunkRanges, overlapWeights, type ChunkSizes } from './chunks.js';
import type { CodecModel } from './codec-model.js';
import { wholeFrames } from './dac.js';

/*
 * Long sounds go through a codec in parts: all at once they take about 2 GB a minute. Chunks are coded each for itself anyway; other models
 * carry their state from part to part, which gives what the whole would.
 */

/** Seconds that go through a network at once: long enough for its speed, and some 200 MB. */
const partSeconds = 5;

/** Of a model that can neither stream nor has chunks: 20 GB. */
const mostSeconds = 600;

function checkWhole(model: CodecModel<object>, length: number): void {
  const seconds = length / model.sampleRate;
  check(
    seconds <= mostSeconds,
    () =>
      `this codec takes the whole sound at once, and ${Math.round(seconds / 60)} minutes of it need more memory than there is; ` +
      'cut the sound into parts, or give the model chunks (chunk_length_s)',
  );
}

/** Codes of consecutive frames. */
export interface CodedPart {
  /** int32 [frames × codebooks] */
  readonly codes: Int32Array;
  /** What the chunk was divided by, where the model does that. */
  readonly scale: number | null;
}

/**
 * Sound as codes, part by part; a part is a chunk where the model has chunks.
 *
 * @param sound as the model takes it, not empty
 */
export async function* encodeInParts(
  model: CodecModel<object>,
  sound: Waveform,
  codebooks: number,
  watch: Watch = {},
): AsyncGenerator<CodedPart> {
  const length = lengthOf(sound);
  const part = Math.ceil(partSeconds * model.frameRate) * model.hopLength;
  const tensor = (from: number, to: number): tf.Tensor =>
    tf.expandDims(waveformToTensor({ ...sound, channels: sound.channels.map((x) => x.subarray(from, to)) }), 0);
  if (model.chunks !== null) {
    for (const [from, to] of chunkRanges(length, model.chunks)) {
      yield read(scope(() => model.encodeChunk(tensor(from, to), codebooks)));
      await progressed(watch, to, length);
    }
    return;
  }
  if (length <= part || !model.canStream) {
    checkWhole(model, length);
    const { codes, scales } = scope(() => model.encode(wholeFrames(model, tensor(0, length)), { codebooks }));
    yield read({ codes, scale: scales });
    return;
  }
  const encoder = model.streamingEncoder({ codebooks });
  try {
    for (let at = 0; at < length; at += part) {
      const end = Math.min(length, at + part);
      const codes = scope(() => encoder.push(wholeFrames(model, tensor(at, end))));
      if (codes !== null) yield read({ codes, scale: null });
      await progressed(watch, end, length);
    }
    const rest = encoder.end();
    if (rest !== null) yield read({ codes: rest, scale: null });
  } finally {
    encoder.dispose();
  }
}

/** The values of tensors, which are freed. */
async function read({ codes, scale }: { codes: tf.Tensor; scale: tf.Tensor | null }): Promise<CodedPart> {
  try {
    return {
      codes: (await codes.data()) as Int32Array,
      scale: scale === null ? null : (await scale.data())[0]!,
    };
  } finally {
    tf.dispose([codes, ...(scale === null ? [] : [scale])]);
  }
}

/**
 * Codes as sound, part by part.
 *
 * @param parts chunks where the model has chunks; otherwise their codes are joined
 * @param codebooks that the codes are of
 * @param length samples of the sound
 */
export async function decodeInParts(
  model: CodecModel<object>,
  parts: readonly CodedPart[],
  codebooks: number,
  length: number,
  watch: Watch = {},
): Promise<Waveform> {
  const { sampleRate, channels: width } = model;
  const channels = Array.from({ length: width }, () => new Float32Array(length));
  if (model.chunks !== null) await decodeChunks(model, model.chunks, parts, codebooks, channels, watch);
  else {
    let filled = 0;
    for await (const values of decodedPieces(model, parts, codebooks, length)) {
      const count = Math.min(values.length / width, length - filled);
      for (let t = 0; t < count; t++) for (let c = 0; c < width; c++) channels[c]![filled + t] = values[t * width + c]!;
      filled += count;
      await progressed(watch, filled, length);
    }
  }
  return { channels, sampleRate };
}

/** int32 [1, frames, codebooks] */
function frames(codes: Int32Array, codebooks: number): tf.Tensor {
  return tf.tensor3d(codes, [1, codes.length / codebooks, codebooks], 'int32');
}

/** Writes chunks to channels, added up where they overlap. */
async function decodeChunks(
  model: CodecModel<object>,
  chunks: ChunkSizes,
  parts: readonly CodedPart[],
  codebooks: number,
  channels: readonly Float32Array[],
  watch: Watch,
): Promise<void> {
  const [width, length] = [channels.length, channels[0]!.length];
  const sums = new Float32Array(length);
  let weights: Float32Array | null = null;
  for (const [i, { codes, scale }] of parts.entries()) {
    const values = await taken(
      scope(() => model.decodeChunk(frames(codes, codebooks), scale === null ? null : tf.tensor2d([[scale]]))),
    );
    const from = i * chunks.stride;
    const count = Math.min(values.length / width, length - from);
    // the first chunk is the longest
    weights ??= overlapWeights(values.length / width);
    for (let t = 0; t < count; t++) {
      const weight = weights[t]!;
      sums[from + t]! += weight;
      for (let c = 0; c < width; c++) channels[c]![from + t]! += weight * values[t * width + c]!;
    }
    await progressed(watch, Math.min(from + chunks.length, length), length);
  }
  for (const channel of channels) for (let t = 0; t < length; t++) channel[t]! /= sums[t] || 1;
}

/** Sound [time × channels], piece after piece. */
async function* decodedPieces(
  model: CodecModel<object>,
  parts: readonly CodedPart[],
  codebooks: number,
  length: number,
): AsyncGenerator<Float32Array> {
  const codes = joinedCodes(parts);
  const part = Math.ceil(partSeconds * model.frameRate) * codebooks;
  if (codes.length <= part || !model.canStream) {
    checkWhole(model, length);
    const scale = parts[0]!.scale;
    const whole = scope(() => {
      const scales = scale === null ? null : tf.tensor2d([[scale]]);
      return model.decode({ codes: frames(codes, codebooks), scales, length });
    });
    yield taken(whole);
    return;
  }
  const decoder = model.streamingDecoder();
  try {
    for (let at = 0; at < codes.length; at += part) {
      const sound = scope(() => decoder.push(frames(codes.subarray(at, at + part), codebooks)));
      if (sound !== null) yield taken(sound);
    }
    const rest = decoder.end();
    if (rest !== null) yield taken(rest);
  } finally {
    decoder.dispose();
  }
}

/**
 * A sound as the codec gives it back with several numbers of codebooks, all of one encoding.
 *
 * @param sound as the model takes it, not empty
 */
export async function reconstructInParts(
  model: CodecModel<object>,
  sound: Waveform,
  counts: readonly number[],
  { signal }: Watch = {},
): Promise<Waveform[]> {
  const all = Math.max(...counts);
  const watch = signal === undefined ? {} : { signal };
  const parts: CodedPart[] = [];
  for await (const part of encodeInParts(model, sound, all, watch)) parts.push(part);
  const results: Waveform[] = [];
  for (const count of counts) {
    const some = parts.map(({ codes, scale }) => ({ codes: codes.filter((_, i) => i % all < count), scale }));
    results.push(await decodeInParts(model, some, count, lengthOf(sound), watch));
  }
  return results;
}

export function joinedCodes(parts: ReadonlyArray<{ readonly codes: Int32Array }>): Int32Array {
  const codes = new Int32Array(parts.reduce((sum, part) => sum + part.codes.length, 0));
  let at = 0;
  for (const part of parts) {
    codes.set(part.codes, at);
    at += part.codes.length;
  }
  return codes;
}

async function taken(sound: tf.Tensor): Promise<Float32Array> {
  try {
    return (await sound.data()) as Float32Array;
  } finally {
    sound.dispose();
  }
}
