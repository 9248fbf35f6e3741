import { check } from '@hourglass/core';

/** What an {@link HDemucs} is built from, with the names and defaults of torchaudio's `HDemucs`; plain data, kept in config.json. */
export interface HDemucsConfig {
  /** Names of what is separated: drums, bass, other, vocals, … */
  readonly sources: readonly string[];
  /** Channels of the sound. Default 2. */
  readonly audioChannels?: number;
  /** Width of the first layer. Default 48. */
  readonly channels?: number;
  /** Each layer is so many times as wide as the one before. Default 2. */
  readonly growth?: number;
  /** Length of the Fourier transform; frames are a quarter of it apart. Default 4096. */
  readonly nfft?: number;
  /** Layers of encoder and decoder. Default 6. */
  readonly depth?: number;
  /** Weight of an embedding of the frequency behind the first layer; 0 for none. Default 0.2. */
  readonly freqEmb?: number;
  /** The embedding is kept so many times smaller, and learns so much faster. Default 10. */
  readonly embScale?: number;
  /** Neighbouring frequencies start with similar embeddings. Default true. */
  readonly embSmooth?: boolean;
  /** Of the layers' convolutions. Default 8. */
  readonly kernelSize?: number;
  /** Stride of the layers behind the place where the branches meet. Default 2. */
  readonly timeStride?: number;
  /** Default 4. */
  readonly stride?: number;
  /** Neighbours that a decoder layer's second convolution sees on each side. Default 1. */
  readonly context?: number;
  /** The same of encoder layers. Default 0. */
  readonly contextEnc?: number;
  /** Layers from this one on have group norm. Default 4. */
  readonly normStarts?: number;
  /** Default 4. */
  readonly normGroups?: number;
  /** Residual blocks in an encoder layer; negative for as many without dilation. Default 2. */
  readonly dconvDepth?: number;
  /** Residual blocks are so many times narrower. Default 4. */
  readonly dconvComp?: number;
  /** Layers from this one on have local attention in their residual blocks. Default 4. */
  readonly dconvAttn?: number;
  /** Layers from this one on have an LSTM in their residual blocks. Default 4. */
  readonly dconvLstm?: number;
  /** First factor of the residual blocks. Default 1e-4. */
  readonly dconvInit?: number;
  /** Hertz of the sound that the model was trained on, where it is known. */
  readonly sampleRate?: number;
}

export type FullHDemucsConfig = Required<Omit<HDemucsConfig, 'sampleRate'>>;

const defaults: Omit<FullHDemucsConfig, 'sources'> = {
  audioChannels: 2,
  channels: 48,
  growth: 2,
  nfft: 4096,
  depth: 6,
  freqEmb: 0.2,
  embScale: 10,
  embSmooth: true,
  kernelSize: 8,
  timeStride: 2,
  stride: 4,
  context: 1,
  contextEnc: 0,
  normStarts: 4,
  normGroups: 4,
  dconvDepth: 2,
  dconvComp: 4,
  dconvAttn: 4,
  dconvLstm: 4,
  dconvInit: 1e-4,
};

/** Names of all options. */
export const hdemucsOptions: readonly string[] = ['sources', 'sampleRate', ...Object.keys(defaults)];

/** @throws InvalidArgumentError for sizes that are none */
export function withDefaults(config: HDemucsConfig): FullHDemucsConfig {
  const given = Object.fromEntries(
    Object.entries(config).filter(([, value]) => value !== undefined),
  ) as unknown as HDemucsConfig;
  const full = { ...defaults, ...given };
  check(
    Array.isArray(full.sources) && full.sources.length > 0,
    () => `HDemucs needs the names of its sources, got ${JSON.stringify(config.sources)}`,
  );
  const whole = (name: keyof FullHDemucsConfig, least: number): void =>
    check(
      Number.isInteger(full[name]) && (full[name] as number) >= least,
      () => `HDemucs: ${name} must be a whole number of at least ${least}, got ${JSON.stringify(full[name])}`,
    );
  for (const name of [
    'audioChannels',
    'channels',
    'depth',
    'kernelSize',
    'timeStride',
    'stride',
    'normGroups',
  ] as const)
    whole(name, 1);
  for (const name of ['context', 'contextEnc'] as const) whole(name, 0);
  whole('dconvDepth', -Infinity);
  check(
    Number.isInteger(full.nfft) && full.nfft >= 8 && full.nfft % 8 === 0,
    () => `HDemucs: nfft must be a multiple of 8, for an even distance of the frames; got ${full.nfft}`,
  );
  return full;
}
