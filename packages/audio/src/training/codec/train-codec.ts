import {
  check,
  DataLoader,
  functional,
  standardFit,
  type Dataset,
  type FitResult,
  type Module,
  type StandardOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  discriminatorLoss,
  featureMatchingLoss,
  generatorLoss,
  type AdversarialLoss,
} from '../../losses/adversarial.js';
import { LossBalancer } from '../../losses/balancer.js';
import { MelReconstructionLoss } from '../../losses/mel-reconstruction.js';
import type { CodecModel } from '../../models/codecs/codec-model.js';
import { SoundStream } from '../../models/codecs/soundstream.js';
import type { Discriminator } from '../../models/discriminators/index.js';
import { evaluateCodec } from './scores.js';
import { NoisySegments, type NoisySegment } from './noisy-segments.js';
import { readAs, SoundSegments, type Segment, type Sounds } from './segments.js';

/** Shares of the gradient at the decoded sound; see {@link LossBalancer}. */
export interface CodecLossWeights {
  /** Mean absolute difference of the samples. Default 0.1. */
  readonly time?: number;
  /** Of the mel spectrograms. Default 1. */
  readonly mel?: number;
  /** Of fooling the discriminators. Default 3. */
  readonly adversarial?: number;
  /** Of what the discriminators' layers give. Default 3. */
  readonly features?: number;
}

export interface TrainCodecOptions extends StandardOptions {
  /** Recordings that are scored after each epoch; the best checkpoint is that of the smallest mel distance over all bit rates. */
  readonly validation?: Sounds;
  /** Seconds of a piece. Default 1. */
  readonly segment?: number;
  /** Learns beside the codec and judges it. Default none: reconstruction losses alone. It belongs to the caller. */
  readonly discriminator?: Discriminator | undefined;
  /** Steps before the codec hears what the discriminators say; they learn from the first one on. Default 0. */
  readonly adversarialFrom?: number;
  /** Default `hinge`. */
  readonly adversarialLoss?: AdversarialLoss;
  readonly weights?: CodecLossWeights;
  /**
   * Range of the ratio of signal to noise in decibels, for a SoundStream whose condition says whether noise is taken out: it hears noisy sound,
   * and learns to give it back clean or as it is. Default none: clean sound in and out.
   */
  readonly noise?: readonly [least: number, most: number] | undefined;
  /** Lengths of the mel spectrograms' windows. Default 64, 128, … 2048. */
  readonly melWindows?: readonly number[];
}

/**
 * Trains a codec on pieces of recordings as EnCodec was (Défossez et al. 2022, arXiv:2210.13438): mean absolute difference of samples,
 * mel spectrograms and, where there are discriminators, their opinion and their layers, balanced by their gradients; commitment beside.
 * Codec and discriminators take a step each from every batch. AdamW with warm-up and cosine. Default 8 pieces of a second, learning rate 1e-3.
 *
 * @throws InvalidArgumentError when the codec does not take the recordings, or noise without having a condition
 */
export async function trainCodec(
  model: CodecModel<object>,
  train: Sounds,
  options: TrainCodecOptions,
): Promise<FitResult> {
  const { validation, segment = 1, discriminator, batchSize = 8, seed = 0, noise } = options;
  check(
    noise === undefined || (model instanceof SoundStream && model.film !== null),
    'only a SoundStream with a condition learns to take noise out: make one with denoise encoder or decoder',
  );
  const { time = 0.1, mel: melWeight = 1, adversarial = 3, features = 3 } = options.weights ?? {};
  const segments = await SoundSegments.open(train, model, segment);
  // those to validate on too, before an epoch's work is lost by one of them
  for (let i = 0; i < (validation?.length ?? 0); i++) await readAs(validation!, i, model);
  const data: Dataset<Segment | NoisySegment> = noise === undefined ? segments : new NoisySegments(segments, noise);
  const loader = new DataLoader(data, { batchSize: Math.min(batchSize, segments.length), shuffle: true, seed });
  const mel = new MelReconstructionLoss(
    model.sampleRate,
    options.melWindows === undefined ? {} : { windows: options.melWindows },
  );
  const plain = new LossBalancer(positive({ time, mel: melWeight }));
  const balanced = new LossBalancer(positive({ time, mel: melWeight, adversarial, features }));
  const alongside: Record<string, Module> = { plain };
  if (discriminator !== undefined) Object.assign(alongside, { balanced, discriminator });
  const loss = lossOf(options, { mel, plain, balanced });
  try {
    return await standardFit(
      model,
      {
        train: loader,
        loss: (codec, batch: Batch, at) => loss(codec, batch, at?.step ?? 1),
        alongside,
        ...(discriminator && { betas: [0.5, 0.9] }),
        ...(validation && {
          validate: (codec: CodecModel<object>) => validated(codec, validation),
          monitor: { metric: 'melDistance', mode: 'min' },
        }),
        save: { config: model.checkpointConfig() },
      },
      { learningRate: 1e-3, clipNorm: 100, ...options },
    );
  } finally {
    for (const made of [mel, plain, balanced]) made.dispose();
  }
}

/** Sound [N, time, channels]; with a condition [N, 1] what comes in and what is to come out. */
type Batch = tf.Tensor | { readonly input: tf.Tensor; readonly target: tf.Tensor; readonly denoise?: tf.Tensor };

/** What the losses of a batch come to, and what they are one by one. */
function lossOf(
  { discriminator, adversarialFrom = 0, adversarialLoss: kind = 'hinge' }: TrainCodecOptions,
  { mel, plain, balanced }: { mel: MelReconstructionLoss; plain: LossBalancer; balanced: LossBalancer },
) {
  return (codec: CodecModel<object>, batch: Batch, step: number) => {
    const { input, target: x, denoise } = batch instanceof tf.Tensor ? { input: batch, target: batch } : batch;
    const { audio, penalty, metrics } =
      codec instanceof SoundStream && denoise !== undefined ? codec.forward(input, { denoise }) : codec.forward(input);
    const losses = {
      time: (y: tf.Tensor) => tf.mean(tf.abs(tf.sub(y, x))),
      mel: (y: tf.Tensor) => mel.forward(y, x),
    };
    const reconstruct = () => plain.forward(audio, pick(losses, plain));
    if (discriminator === undefined) {
      const { loss: reconstruction, values } = reconstruct();
      return { loss: tf.add(reconstruction, penalty), logs: { ...values, penalty, ...metrics } };
    }
    const real = discriminator.forward(x);
    const judgements = {
      adversarial: (y: tf.Tensor) => generatorLoss(discriminator.forward(y), kind),
      features: (y: tf.Tensor) => featureMatchingLoss(real, discriminator.forward(y)),
    };
    const { loss: reconstruction, values } =
      step <= adversarialFrom ? reconstruct() : balanced.forward(audio, pick({ ...losses, ...judgements }, balanced));
    // the decoded sound as a constant: this part is the discriminators' alone
    const judged = discriminatorLoss(real, discriminator.forward(functional.stopGradient(audio)), kind);
    return {
      loss: tf.add(tf.add(reconstruction, penalty), judged),
      logs: { ...values, penalty, discriminator: judged, ...metrics },
    };
  };
}

/** Means over all bit rates, and the scores of each. */
async function validated(model: CodecModel<object>, sounds: Sounds): Promise<Record<string, number>> {
  const scores = await evaluateCodec(model, sounds);
  const mean = (score: 'siSdr' | 'melDistance'): number =>
    scores.reduce((sum, of) => sum + of[score], 0) / scores.length;
  return {
    melDistance: mean('melDistance'),
    siSdr: mean('siSdr'),
    ...Object.fromEntries(
      scores.flatMap(({ codebooks, siSdr, melDistance }) => [
        [`siSdr.${codebooks}`, siSdr],
        [`melDistance.${codebooks}`, melDistance],
      ]),
    ),
  };
}

/** Losses with a weight of 0 are left out. */
function positive(weights: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(weights).filter(([, weight]) => weight !== 0));
}

function pick<T>(losses: Readonly<Record<string, T>>, { names }: LossBalancer): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, losses[name]!]));
}
