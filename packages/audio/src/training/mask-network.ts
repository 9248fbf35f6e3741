import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  DataLoader,
  losses,
  scope,
  stack,
  standardFit,
  type Dataset,
  type FitResult,
  type StandardOptions,
} from '@hourglass/core';
import { lengthOf, toMono, type Waveform } from '../data/index.js';
import { idealBinaryMask, type MaskNetwork } from '../models/separation/mask-network.js';

/** A piece of music as its two parts; they add up to the mixture. */
export interface VoicedTrack {
  readonly voice: Waveform;
  readonly accompaniment: Waveform;
}

export interface TrainMaskNetworkOptions extends StandardOptions {
  /** Frames from one patch to the next. Default 8. */
  readonly patchHop?: number;
  /** What is learned from the mixture: where the voice is louder. Or, as pre-training, to give a vocal spectrogram back. Default `mask`. */
  readonly learn?: 'mask' | 'voice';
}

/** Targets keep away from certainty by so much, which no sigmoid reaches. */
const doubt = 0.02;

interface Patch {
  readonly input: Float32Array;
  readonly target: Float32Array;
}

interface Batch {
  readonly input: tf.Tensor;
  readonly target: tf.Tensor;
}

/**
 * Trains a mask network with the cross entropy of each point of the spectrogram against the ideal binary mask. With `learn: 'voice'` it is
 * first trained as an autoencoder of vocal spectrograms, that is of what the ideal mask leaves of the mixture.
 *
 * @throws InvalidArgumentError for tracks of another sample rate than the model's, or of parts that differ in length
 */
export async function trainMaskNetwork(
  model: MaskNetwork,
  tracks: readonly VoicedTrack[],
  options: TrainMaskNetworkOptions,
): Promise<FitResult> {
  const { batchSize = 32, seed = 0, patchHop = 8, learn = 'mask' } = options;
  check(tracks.length > 0, 'there is no music to learn from');
  const data = new Patches(model, tracks, patchHop, learn);
  const shape = [-1, model.frames, model.bins];
  if (options.resume !== true) startFromMeans(model, data);
  const train = new DataLoader<Patch, Batch>(data, {
    batchSize,
    shuffle: true,
    seed,
    dropLast: true,
    collate: (examples) => stack([...examples]),
  });
  return standardFit<MaskNetwork, Batch>(
    model,
    {
      train,
      loss: (network, { input, target }) =>
        losses.bceWithLogits(network.forward(tf.reshape(input, shape)), tf.reshape(target, shape)),
      save: { config: model.checkpointConfig() },
    },
    options,
  );
}

/** Lets the outputs be right on average before anything is learned: else the first that layers learn is to be switched off. */
function startFromMeans(model: MaskNetwork, data: Patches): void {
  const means = new Float32Array(model.frames * model.bins);
  for (let i = 0; i < data.length; i++) data.get(i).target.forEach((value, at) => (means[at]! += value / data.length));
  const logits = means.map((mean) => {
    const inside = Math.min(Math.max(mean, doubt / 10), 1 - doubt / 10);
    return Math.log(inside / (1 - inside));
  });
  scope(() => model.output.bias!.assign(tf.tensor1d(logits)));
}

/** Parts of spectrograms, with what the network should make of them. */
class Patches implements Dataset<Patch> {
  readonly #tracks: ReadonlyArray<{ readonly input: Float32Array; readonly target: Float32Array }>;
  /** Track and first frame of each patch. */
  readonly #places: ReadonlyArray<readonly [track: number, frame: number]>;
  readonly #bins: number;
  readonly #frames: number;

  constructor(model: MaskNetwork, tracks: readonly VoicedTrack[], hop: number, learn: 'mask' | 'voice') {
    this.#bins = model.bins;
    this.#frames = model.frames;
    this.#tracks = tracks.map((track) => spectrograms(model, track, learn));
    this.#places = this.#tracks.flatMap(({ input }, track) => {
      const count = Math.floor((input.length / model.bins - model.frames) / hop) + 1;
      return Array.from({ length: Math.max(count, 0) }, (_, i) => [track, i * hop] as const);
    });
    check(this.#places.length > 0, () => `no track has ${model.frames} frames`);
  }

  get length(): number {
    return this.#places.length;
  }

  get(index: number): Patch {
    const [track, frame] = this.#places[index]!;
    const part = (values: Float32Array): Float32Array =>
      values.subarray(frame * this.#bins, (frame + this.#frames) * this.#bins);
    const { input, target } = this.#tracks[track]!;
    return { input: part(input), target: part(target) };
  }
}

function spectrograms(model: MaskNetwork, track: VoicedTrack, learn: 'mask' | 'voice') {
  const [voice, accompaniment] = [toMono(track.voice), toMono(track.accompaniment)];
  for (const { sampleRate } of [voice, accompaniment]) {
    check(
      sampleRate === model.sampleRate,
      () => `the model is for sound of ${model.sampleRate} Hz, a track is of ${sampleRate} Hz`,
    );
  }
  const length = lengthOf(voice);
  check(
    lengthOf(accompaniment) === length,
    () => `a voice of ${length} samples with an accompaniment of ${lengthOf(accompaniment)}`,
  );
  const [input, target] = scope(() => {
    const sounds = [voice, accompaniment].map(({ channels }) => tf.tensor2d(channels[0]!, [1, length]));
    const mixture = model.magnitudes(tf.add(sounds[0]!, sounds[1]!));
    const mask = idealBinaryMask(model.spectrogram(sounds[0]!), model.spectrogram(sounds[1]!));
    if (learn === 'mask') return [mixture, tf.add(tf.mul(mask, 1 - 2 * doubt), doubt)];
    const vocal = tf.mul(mixture, mask);
    return [vocal, vocal];
  }) as [tf.Tensor, tf.Tensor];
  const values = { input: input.dataSync<'float32'>(), target: target.dataSync<'float32'>() };
  input.dispose();
  target.dispose();
  return values;
}
