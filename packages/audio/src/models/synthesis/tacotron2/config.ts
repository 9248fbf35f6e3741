import { check, UnsupportedError } from '@hourglass/core';

/** What {@link Tacotron2} is made from: torchaudio's arguments, with its defaults. */
export interface Tacotron2Config {
  /** Set what lies behind the ends of spectrograms to 0, and gates there to a large number. Default false. */
  readonly maskPadding?: boolean;
  /** Default 80. */
  readonly nMels?: number;
  /** Default 148. */
  readonly nSymbol?: number;
  /** Only 1, as in the reference. */
  readonly nFramesPerStep?: number;
  /** Default 512; must be the encoder's. */
  readonly symbolEmbeddingDim?: number;
  /** Default 512, even. */
  readonly encoderEmbeddingDim?: number;
  /** Default 3. */
  readonly encoderNConvolution?: number;
  /** Default 5, odd. */
  readonly encoderKernelSize?: number;
  /** Default 1024. */
  readonly decoderRnnDim?: number;
  /** Most frames that are made. Default 2000. */
  readonly decoderMaxStep?: number;
  /** Default 0.1. */
  readonly decoderDropout?: number;
  /** Stop when all are done. Default true. */
  readonly decoderEarlyStopping?: boolean;
  /** Default 1024. */
  readonly attentionRnnDim?: number;
  /** Default 128. */
  readonly attentionHiddenDim?: number;
  /** Default 32. */
  readonly attentionLocationNFilter?: number;
  /** Default 31, odd. */
  readonly attentionLocationKernelSize?: number;
  /** Default 0.1. */
  readonly attentionDropout?: number;
  /** Default 256. */
  readonly prenetDim?: number;
  /** Default 5. */
  readonly postnetNConvolution?: number;
  /** Default 5, odd. */
  readonly postnetKernelSize?: number;
  /** Default 512. */
  readonly postnetEmbeddingDim?: number;
  /** Probability at which speech is over. Default 0.5. */
  readonly gateThreshold?: number;
}

export type Tacotron2Settings = Required<Tacotron2Config>;

const defaults: Tacotron2Settings = {
  maskPadding: false,
  nMels: 80,
  nSymbol: 148,
  nFramesPerStep: 1,
  symbolEmbeddingDim: 512,
  encoderEmbeddingDim: 512,
  encoderNConvolution: 3,
  encoderKernelSize: 5,
  decoderRnnDim: 1024,
  decoderMaxStep: 2000,
  decoderDropout: 0.1,
  decoderEarlyStopping: true,
  attentionRnnDim: 1024,
  attentionHiddenDim: 128,
  attentionLocationNFilter: 32,
  attentionLocationKernelSize: 31,
  attentionDropout: 0.1,
  prenetDim: 256,
  postnetNConvolution: 5,
  postnetKernelSize: 5,
  postnetEmbeddingDim: 512,
  gateThreshold: 0.5,
};

/** Names of torchaudio's arguments. */
export const tacotron2Options = Object.keys(defaults) as ReadonlyArray<keyof Tacotron2Config>;

/**
 * The configuration with torchaudio's defaults in place of what it leaves out.
 *
 * @throws InvalidArgumentError, UnsupportedError for values that no model can be made with
 */
export function tacotron2Settings(config: Tacotron2Config): Tacotron2Settings {
  const settings: Tacotron2Settings = { ...defaults, ...config };
  if (settings.nFramesPerStep !== 1)
    throw new UnsupportedError(
      `Tacotron2: nFramesPerStep ${settings.nFramesPerStep}; only 1 is known, as in torchaudio`,
    );
  const { symbolEmbeddingDim, encoderEmbeddingDim } = settings;
  check(
    symbolEmbeddingDim === encoderEmbeddingDim && encoderEmbeddingDim % 2 === 0,
    () =>
      `Tacotron2: symbolEmbeddingDim ${symbolEmbeddingDim} and encoderEmbeddingDim ${encoderEmbeddingDim} must be the same even number`,
  );
  for (const name of ['encoderKernelSize', 'attentionLocationKernelSize', 'postnetKernelSize'] as const)
    check(settings[name] % 2 === 1, () => `Tacotron2: ${name} must be odd, got ${settings[name]}`);
  return settings;
}
