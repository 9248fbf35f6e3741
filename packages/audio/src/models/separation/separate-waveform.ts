import * as tf from '@tensorflow/tfjs-core';
import { check, evaluate, linearAssignment, progressed, type Watch } from '@hourglass/core';
import { modelSound } from '../../data/model-sound.js';
import { lengthOf, type Waveform } from '../../data/waveform.js';
import { mixtureConsistency } from '../../losses/mixture-consistency.js';
import { resampleWaveform } from '../../signal/resample.js';
import type { Separator } from './separator.js';

/** Progress is in parts. */
export interface SeparateOptions extends Watch {
  /** Longer sounds go through in parts of so many seconds. Default 10. */
  readonly chunkSeconds?: number;
  /** Seconds that neighbouring parts share: there they are matched and faded into each other. Default 1. */
  readonly overlapSeconds?: number;
  /** Share out what the sources lack of the mixture, so that they add up to it. Default false. */
  readonly consistent?: boolean;
}

/**
 * Takes a sound of any length apart. The order of a network's sources may change from part to part: each part's are put in the order in which
 * they fit those before it best. A sound of another sample rate goes through at the model's.
 *
 * @returns one sound a source, of the mixture's length and sample rate and the model's channels
 * @throws InvalidArgumentError when the channels are not the model's and neither are one, or samples are NaN or infinite
 */
export async function separateWaveform(
  model: Separator,
  waveform: Waveform,
  options: SeparateOptions = {},
): Promise<Waveform[]> {
  const { sampleRate } = waveform;
  const sound = modelSound(waveform, { sampleRate, channels: model.audioChannels });
  const length = lengthOf(sound);
  check(length > 0, 'a sound without samples cannot be separated');
  const separated = await separateInParts(model, resampleWaveform(sound, model.sampleRate ?? sampleRate), options);
  return separated.map((source) => {
    const { channels } = resampleWaveform(source, sampleRate);
    return { channels: channels.map((samples) => ofLength(samples, length)), sampleRate };
  });
}

/** Cut, or silent at its end. */
function ofLength(samples: Float32Array, length: number): Float32Array {
  if (samples.length >= length) return samples.subarray(0, length);
  const longer = new Float32Array(length);
  longer.set(samples);
  return longer;
}

async function separateInParts(model: Separator, waveform: Waveform, options: SeparateOptions): Promise<Waveform[]> {
  const { chunkSeconds = 10, overlapSeconds = 1, consistent = false, ...watch } = options;
  const { sampleRate, channels } = waveform;
  const length = lengthOf(waveform);
  const chunk = Math.min(length, Math.round(chunkSeconds * sampleRate));
  const overlap = Math.round(overlapSeconds * sampleRate);
  check(
    chunk > 0 && overlap >= 0 && (chunk === length || overlap < chunk),
    () =>
      `parts of ${chunkSeconds} s cannot share ${overlapSeconds} s: what they share must be shorter, and neither negative`,
  );
  const results = Array.from({ length: model.numSources }, () => channels.map(() => new Float32Array(length)));
  const count = Math.ceil((length - chunk) / Math.max(1, chunk - overlap)) + 1;
  let end = 0;
  for (let i = 0; i < count; i++) {
    // the last is as long as the others, and shares more with the one before
    const start = Math.min(i * (chunk - overlap), length - chunk);
    const part = await separateOnce(
      model,
      channels.map((samples) => samples.subarray(start, start + chunk)),
      consistent,
    );
    const shared = end - start;
    const order = model.sourceNames === null && shared > 0 ? matchSources(results, part, start, shared) : null;
    results.forEach((source, s) => {
      const own = part[order?.[s] ?? s]!;
      source.forEach((samples, c) => fadeIn(samples, own[c]!, start, shared));
    });
    end = start + chunk;
    await progressed(watch, i + 1, count);
  }
  return results.map((source) => ({ channels: source, sampleRate }));
}

/** [source][channel]: samples. */
async function separateOnce(
  model: Separator,
  channels: readonly Float32Array[],
  consistent: boolean,
): Promise<Float32Array[][]> {
  const length = channels[0]!.length;
  const mixture = tf.tidy(() =>
    tf.stack(
      channels.map((samples) => tf.tensor1d(samples)),
      1,
    ),
  );
  const [separated] = await evaluate(model, [{ mixture }], ({ mixture }) => {
    const x = tf.reshape(mixture, [1, length, channels.length]);
    const sources = tf.reshape(model.forward(x), [1, model.numSources, length, channels.length]);
    const whole = consistent ? mixtureConsistency(x, sources) : sources;
    return tf.transpose(tf.squeeze(whole, [0]), [0, 2, 1]);
  });
  const values = await separated!.data<'float32'>();
  separated!.dispose();
  return Array.from({ length: model.numSources }, (_, s) =>
    channels.map((_, c) => values.subarray((s * channels.length + c) * length, (s * channels.length + c + 1) * length)),
  );
}

/** For each source so far, which of the part's is most like it where both are. */
function matchSources(
  results: ReadonlyArray<readonly Float32Array[]>,
  part: ReadonlyArray<readonly Float32Array[]>,
  start: number,
  shared: number,
): Int32Array {
  const cost = results.flatMap((source) =>
    part.map((own) => {
      let sum = 0;
      source.forEach((samples, c) => {
        for (let t = 0; t < shared; t++) sum += (samples[start + t]! - own[c]![t]!) ** 2;
      });
      return sum;
    }),
  );
  return linearAssignment(cost, results.length, part.length);
}

/** Writes `from` at `start`; over its first `shared` samples it takes the place of what is there little by little. */
function fadeIn(to: Float32Array, from: Float32Array, start: number, shared: number): void {
  for (let t = 0; t < from.length; t++) {
    const share = t < shared ? (t + 0.5) / shared : 1;
    to[start + t] = to[start + t]! * (1 - share) + from[t]! * share;
  }
}
