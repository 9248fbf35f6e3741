/**
 * "Wav2Letter: an End-to-End ConvNet-based Speech Recognition System", Collobert et al. 2016, arXiv:1609.03193, as
 * `torchaudio.models.Wav2Letter` has it (BSD-2-Clause), whose parameter names and checkpoints it takes.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Conv1d,
  functional,
  loadPretrained,
  ownFamily,
  ReLU,
  referenceFamily,
  scope,
  Sequential,
  type ConvOptions,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { checkFeatures } from './lengths.js';

/** What a {@link Wav2Letter} is built from: torchaudio's arguments, and its widths. */
export interface Wav2LetterConfig {
  /** Labels with the blank. Default 40. */
  readonly numClasses?: number;
  /** Sound itself, or features of it. Default 'waveform'. */
  readonly inputType?: 'waveform' | 'power_spectrum' | 'mfcc';
  /** Features of a frame; 1 for sound. Default 1. */
  readonly numFeatures?: number;
  /** Channels of the narrow and of the wide convolutions. Default 250 and 2000. */
  readonly narrow?: number;
  readonly wide?: number;
}

/** Convolutions alone, which halve the frames; those of sound itself are 160 samples apart. */
export class Wav2Letter extends ConfiguredModel<Wav2LetterConfig> {
  protected override readonly modelType = modelType;
  override readonly config: Wav2LetterConfig;
  readonly acoustic_model: Sequential;

  /** @throws InvalidArgumentError for an unknown kind of input */
  constructor(config: Wav2LetterConfig, generator?: Generator) {
    super();
    this.config = config;
    const { numClasses = 40, inputType = 'waveform', numFeatures = 1, narrow = 250, wide = 2000 } = config;
    check(
      ['waveform', 'power_spectrum', 'mfcc'].includes(inputType),
      `Wav2Letter: there is no inputType '${inputType}'; there are waveform, power_spectrum, mfcc`,
    );
    const layer = (inputs: number, outputs: number, kernelSize: number, options: Partial<ConvOptions> = {}) => [
      new Conv1d(inputs, outputs, { kernelSize, ...options, generator }),
      new ReLU(),
    ];
    const ofFeatures = (features: number): Sequential =>
      new Sequential(
        ...layer(features, narrow, 48, { stride: 2, padding: 23 }),
        ...Array.from({ length: 7 }, () => layer(narrow, narrow, 7, { padding: 3 })).flat(),
        ...layer(narrow, wide, 32, { padding: 16 }),
        ...layer(wide, wide, 1),
        ...layer(wide, numClasses, 1),
      );
    this.acoustic_model =
      inputType === 'waveform'
        ? new Sequential(
            new Sequential(...layer(numFeatures, narrow, 250, { stride: 160, padding: 45 })),
            ofFeatures(narrow),
          )
        : ofFeatures(numFeatures);
  }

  /**
   * @param x float32 [N, T, numFeatures]
   * @returns log probabilities float32 [N, frames, numClasses]
   * @throws InvalidArgumentError for other shapes
   */
  forward(x: tf.Tensor): tf.Tensor {
    checkFeatures('Wav2Letter', x, this.config.numFeatures ?? 1);
    return scope(() => functional.logSoftmax(this.acoustic_model.forward(x)));
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Letter> {
    return loadPretrained(source, wav2LetterFamilies, options);
  }
}

const modelType = 'hourglass-wav2letter';

/** Kinds of checkpoint that {@link Wav2Letter.fromPretrained} reads; torchaudio's with any widths. */
export const wav2LetterFamilies: ReadonlyArray<ModelFamily<Wav2Letter>> = [
  ownFamily(modelType, (config: Wav2LetterConfig) => new Wav2Letter(config)),
  referenceFamily('torchaudio', 'torchaudio.models.Wav2Letter(', (args, { tensors }) => {
    const { numClasses, inputType, numFeatures } = args as Wav2LetterConfig;
    const within = (inputType ?? 'waveform') === 'waveform' ? 'acoustic_model.1' : 'acoustic_model';
    const widthOf = (layer: number): number | undefined => tensors.specs.get(`${within}.${layer}.weight`)?.shape[0];
    const [narrow, wide] = [widthOf(0), widthOf(16)];
    return new Wav2Letter({
      ...(numClasses !== undefined && { numClasses }),
      ...(inputType !== undefined && { inputType }),
      ...(numFeatures !== undefined && { numFeatures }),
      ...(narrow !== undefined && { narrow }),
      ...(wide !== undefined && { wide }),
    });
  }),
];
