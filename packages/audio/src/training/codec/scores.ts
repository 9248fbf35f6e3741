import { evaluationMode, progressed, scope, type Watch } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { waveformToTensor } from '../../data/waveform.js';
import { siSdr } from '../../metrics/sdr.js';
import { melDistance } from '../../metrics/spectral.js';
import { fitTo, type CodecModel } from '../../models/codecs/codec-model.js';
import { wholeFrames } from '../../models/codecs/dac.js';
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
      const waveform = await readAs(sounds, i, model);
      const x = tf.tidy(() => tf.expandDims(waveformToTensor(waveform), 0));
      try {
        const own = await x.data();
        const silent = Number.isNaN(siSdr(own, own));
        for (const [j, { decoded, distance }] of codedWith(model, x, codebooks).entries()) {
          const values = await decoded.data();
          sums[j]!.mel += (await distance.data())[0]!;
          tf.dispose([decoded, distance]);
          if (silent) continue;
          sums[j]!.siSdr += siSdr(values, own);
          sums[j]!.sounding++;
        }
      } finally {
        x.dispose();
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

/** The sound with so many of the first codebooks each, all of one encoding. */
function codedWith(model: CodecModel<object>, x: tf.Tensor, codebooks: readonly number[]) {
  return scope(() => {
    const length = x.shape[1]!;
    const { codes, scales } = model.encode(wholeFrames(model, x), { codebooks: Math.max(...codebooks) });
    return codebooks.map((count) => {
      const [n, frames] = codes.shape as [number, number];
      const some = tf.slice(codes, [0, 0, 0], [n, frames, count]);
      const decoded = fitTo(model.decode({ codes: some, scales, length }), length);
      return { decoded, distance: melDistance(decoded, x, model.sampleRate) };
    });
  });
}
