/**
 * DeMask: asteroid's network of points in time that takes the sound of a surgical mask off speech (https://github.com/asteroid-team/asteroid, MIT;
 * "Asteroid: the PyTorch-based audio source separation toolkit for researchers", Pariente et al. 2020, arXiv:2005.04132).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Dropout,
  loadPretrained,
  ownFamily,
  referenceFamily,
  scope,
  Sequential,
  UnsupportedError,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { makeEncoderDecoder } from '../../layers/filterbanks/index.js';
import { separationActivation } from '../../layers/separation-activations.js';
import { separationNorm } from '../../layers/separation-norms.js';
import { EncoderMaskerDecoder } from './encoder-masker-decoder.js';
import { filterbankOptions, type FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `DeMask`. */
export interface DeMaskConfig extends FilterbankConfig {
  /** What the network sees: magnitudes (`mag`, default), real and imaginary parts (`reim`), or both (`cat`). */
  readonly inputType?: string;
  /** What its mask multiplies: magnitudes (`mag`, default), or real and imaginary parts apart (`reim`). */
  readonly outputType?: string;
  /** Default [1024]. */
  readonly hiddenDims?: readonly number[];
  /** Default 0. */
  readonly dropout?: number;
  /** Default `relu`. */
  readonly activation?: string;
  /** Default `relu`. */
  readonly maskAct?: string;
  /** Default `gLN`. */
  readonly normType?: string;
}

const modelType = 'demask';

/** Enhances sound of one channel: one source, see {@link EncoderMaskerDecoder}. */
export class DeMask extends EncoderMaskerDecoder<DeMaskConfig, Sequential> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of norms, activations, filterbanks and types that there are not */
  constructor(config: DeMaskConfig = {}, generator?: Generator) {
    const options = filterbankOptions(
      { fbName: 'stft', sampleRate: 16000, ...config },
      { nFilters: 512, kernelSize: 512, stride: 256 },
    );
    const { encoder, decoder } = makeEncoderDecoder(options, generator);
    const features = encoder.filterbank.nFeatsOut;
    check(
      features % 2 === 0,
      () => `DeMask needs real and imaginary parts, but the filterbank gives ${features} features`,
    );
    const { inputType = 'mag', outputType = 'mag', normType = 'gLN', dropout = 0, hiddenDims = [1024] } = config;
    const inputs = { mag: features / 2, reim: features, cat: (features / 2) * 3 }[inputType];
    const outputs = { mag: features / 2, reim: features }[outputType];
    if (inputs === undefined) throw new UnsupportedError(`inputType is 'mag', 'reim' or 'cat', not '${inputType}'`);
    if (outputs === undefined) throw new UnsupportedError(`outputType is 'mag' or 'reim', not '${outputType}'`);
    const drawn = generator === undefined ? {} : { generator };
    // one for all layers, as in asteroid
    const activation = separationActivation(config.activation ?? 'relu');
    const layers: UnaryModule[] = [separationNorm(normType, inputs)];
    let width = inputs;
    for (const hidden of hiddenDims) {
      layers.push(new Conv1d(width, hidden, { kernelSize: 1, ...drawn }), separationNorm(normType, hidden));
      layers.push(activation, new Dropout(dropout, drawn));
      width = hidden;
    }
    layers.push(new Conv1d(width, outputs, { kernelSize: 1, ...drawn }));
    const masker = new Sequential(...layers, separationActivation(config.maskAct ?? 'relu'));
    super(config, { encoder, masker, decoder, activation: null, numSources: 1 });
  }

  protected override estimateMasks(frames: tf.Tensor): tf.Tensor {
    const { inputType = 'mag', outputType = 'mag' } = this.config;
    return scope(() => {
      const parts = tf.split(frames, 2, 2);
      const magnitude = (): tf.Tensor => tf.sqrt(tf.add(tf.add(tf.square(parts[0]!), tf.square(parts[1]!)), 1e-8));
      const input =
        inputType === 'reim' ? frames : inputType === 'mag' ? magnitude() : tf.concat([magnitude(), frames], 2);
      const mask = this.masker.forward(input);
      return tf.expandDims(outputType === 'mag' ? tf.concat([mask, mask], 2) : mask, 1);
    });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<DeMask> {
    return loadPretrained(source, deMaskFamilies, options);
  }
}

export const deMaskFamilies: ReadonlyArray<ModelFamily<DeMask>> = [
  ownFamily(modelType, (config: DeMaskConfig) => new DeMask(config)),
  referenceFamily('asteroid', 'asteroid.models.DeMask', (args) => new DeMask(args as DeMaskConfig)),
];
