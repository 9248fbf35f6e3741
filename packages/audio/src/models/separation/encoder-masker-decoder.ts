import * as tf from '@tensorflow/tfjs-core';
import { check, ConfiguredModel, scope, type Generator, type UnaryModule } from '@hourglass/core';
import {
  makeEncoderDecoder,
  type Filterbank,
  type FilterbankDecoder,
  type FilterbankEncoder,
} from '../../layers/filterbanks/index.js';
import { separationActivation } from '../../layers/separation-activations.js';
import { filterbankOptions, type FilterbankConfig, type FilterbankDefaults } from './filterbank-config.js';
import type { Separator } from './separator.js';

/** A transform to frames, made with a filterbank. */
export type FrameEncoder = UnaryModule & { readonly filterbank: Filterbank };

/** What such a model is put together from. */
export interface EncoderMaskerDecoderParts<M extends UnaryModule, E extends FrameEncoder> {
  readonly encoder: E;
  /** [N, frames, features] to [N, sources, frames, features]. */
  readonly masker: M;
  readonly decoder: FilterbankDecoder;
  /** Of the frames that the encoder makes; see {@link encoderActivation}. */
  readonly activation: string | null | undefined;
  readonly numSources: number;
}

/**
 * A learned transform of sound, a network that makes a mask for each source, and the transform back: asteroid's
 * `BaseEncoderMaskerDecoder`.
 */
export abstract class EncoderMaskerDecoder<
  C extends object,
  M extends UnaryModule = UnaryModule,
  E extends FrameEncoder = FilterbankEncoder,
>
  extends ConfiguredModel<C>
  implements Separator
{
  readonly audioChannels = 1;
  readonly sourceNames: readonly string[] | null = null;
  readonly encoder: E;
  readonly masker: M;
  readonly decoder: FilterbankDecoder;
  readonly enc_activation: UnaryModule;
  readonly numSources: number;
  readonly sampleRate: number;

  constructor(
    override readonly config: C,
    { encoder, masker, decoder, activation, numSources }: EncoderMaskerDecoderParts<M, E>,
  ) {
    super();
    this.encoder = encoder;
    this.masker = masker;
    this.decoder = decoder;
    this.enc_activation = encoderActivation(activation);
    this.numSources = numSources;
    this.sampleRate = encoder.filterbank.sampleRate;
  }

  /**
   * @param x float32 [N, time], [N, time, 1] or [time]
   * @returns float32 [N, sources, time], or [sources, time] for [time]
   * @throws InvalidArgumentError for another shape
   */
  forward(x: tf.Tensor): tf.Tensor {
    const one = x.rank === 1;
    return scope(() => {
      const sound = monoBatch(one ? tf.expandDims(x, 0) : x);
      const [batch, length] = sound.shape as [number, number, number];
      const frames = this.enc_activation.forward(this.encoder.forward(sound));
      const masked = this.applyMasks(frames, this.estimateMasks(frames));
      const [, sources, count, features] = masked.shape as [number, number, number, number];
      const decoded = this.decoder.forward(tf.reshape(masked, [batch * sources, count, features]));
      const separated = tf.reshape(fitLength(decoded, length), [batch, sources, length]);
      return one ? tf.squeeze(separated, [0]) : separated;
    });
  }

  /** frames [N, frames, features] to masks [N, sources, frames, features]. */
  protected estimateMasks(frames: tf.Tensor): tf.Tensor {
    return this.masker.forward(frames);
  }

  protected applyMasks(frames: tf.Tensor, masks: tf.Tensor): tf.Tensor {
    const [own, wide] = [masks.shape.at(-1)!, frames.shape.at(-1)!];
    check(own === wide || own === 1, () => `masks of ${own} features do not fit frames of ${wide}`);
    return tf.mul(masks, tf.expandDims(frames, 1));
  }
}

/** Sound of one channel as [N, time, 1]. @throws InvalidArgumentError for another shape */
export function monoBatch(x: tf.Tensor): tf.Tensor {
  check(
    (x.rank === 2 || (x.rank === 3 && x.shape[2] === 1)) && x.shape[1]! > 0,
    () => `a mixture is [N, time] or [N, time, 1], got [${x.shape.join(', ')}]`,
  );
  return x.rank === 2 ? tf.expandDims(x, 2) : tf.clone(x);
}

/** Sound [N, time, …] cut or padded with zeros at its end. */
export function fitLength(x: tf.Tensor, length: number): tf.Tensor {
  const missing = length - x.shape[1]!;
  if (missing === 0) return tf.clone(x);
  if (missing < 0)
    return tf.slice(
      x,
      x.shape.map(() => 0),
      x.shape.map((size, axis) => (axis === 1 ? length : size)),
    );
  return tf.pad(
    x,
    x.shape.map((_, axis): [number, number] => [0, axis === 1 ? missing : 0]),
  );
}

/** The filterbank that a configuration names, and the features that its frames have. */
export function openFilterbank(
  config: FilterbankConfig,
  defaults: FilterbankDefaults,
  generator?: Generator,
): { readonly encoder: FilterbankEncoder; readonly decoder: FilterbankDecoder; readonly features: number } {
  const { encoder, decoder } = makeEncoderDecoder(filterbankOptions(config, defaults), generator);
  const features = encoder.filterbank.nFeatsOut;
  checkInChan(config.inChan, features);
  return { encoder, decoder, features };
}

/** asteroid's activation after the encoder: none unless one is named. */
export const encoderActivation = (name: string | null | undefined): UnaryModule =>
  separationActivation(name || 'linear');

/** `inChan`, where a configuration has it, must say what the filterbank gives. */
export function checkInChan(inChan: number | null | undefined, features: number): void {
  check(
    inChan === undefined || inChan === null || inChan === features,
    () => `the filterbank gives ${features} features, but inChan is ${inChan}`,
  );
}
