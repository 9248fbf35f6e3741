import { evaluationMode, progressed, scope, type Watch } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { waveformToTensor, type Waveform } from '../../data/waveform.js';
import { siSdr } from '../../metrics/sdr.js';
import { melDistance } from '../../metrics/spectral.js';
import type { CodecModel } from '../../models/codecs/codec-model.js';
import { reconstructInParts } from '../../models/codecs/in-parts.js';
import { readAs, type Sounds } from './segments.js';

/** How good a codec is with so many codebooks: means over recordings. */
export interface CodecScores {
  readonly codebooks: number;
  /** Bits a second. */
  readonly bitRate: number;
  /** Decibels; more is better. Recordings of silence have none, and do not count; NaN if all are. */
  readonly siSdr: number;
  /** See {@link melDistance}; less is better. */
  readonly melDistance: number;
}

/** 1, 2, 4, … and all codebooks. */
export function usualCodebooks(all: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < all; count *= 2) counts.push(count);
  return [...counts, all];
}

/**
 * Codes each recording once and decodes it with several numbers of codebooks.
 *
 * @param codebooks default 1, 2, 4, … and all
 * @throws InvalidArgumentError when the codec has not so many codebooks, or does not take the recordings
 */
export async function evaluateCodec(
  model: CodecModel<object>,
  sounds: Sounds,
  codebooks: readonly number[] = usualCodebooks(model.numCodebooks),
  watch: Watch = {},
): Promise<CodecScores[]> {
  const sums = codebooks.map(() => ({ siSdr: 0, sounding: 0, mel: 0 }));
  const restore = evaluationMode(model);
  try {
    for (let i = 0; i < sounds.length; i++) {
      const { waveform } = await readAs(sounds, i, model);
      const own = interleaved(waveform);
      const silent = Number.isNaN(siSdr(own, own));
      const decoded = await reconstructInParts(model, waveform, codebooks, watch);
      for (const [j, sound] of decoded.entries()) {
        sums[j]!.mel += await distanceOf(sound, waveform);
        if (silent) continue;
        sums[j]!.siSdr += siSdr(interleaved(sound), own);
        sums[j]!.sounding++;
      }
      await progressed(watch, i + 1, sounds.length);
    }
  } finally {
    restore();
  }
  return codebooks.map((count, j) => ({
    codebooks: count,
    bitRate: model.bandwidthOf(count),
    siSdr: sums[j]!.siSdr / sums[j]!.sounding,
    melDistance: sums[j]!.mel / sounds.length,
  }));
}

async function distanceOf(a: Waveform, b: Waveform): Promise<number> {
  const distance = scope(() => {
    const [x, y] = [a, b].map((waveform) => tf.expandDims(waveformToTensor(waveform), 0)) as [tf.Tensor, tf.Tensor];
    return melDistance(x, y, a.sampleRate);
  });
  const [value] = await distance.data();
  distance.dispose();
  return value!;
}

/** [time × channels] */
function interleaved(waveform: Waveform): Float32Array {
  const [first, ...others] = waveform.channels;
  return others.length === 0 ? first! : scope(() => waveformToTensor(waveform).dataSync<'float32'>());
}
