import { check } from '@hourglass/core';

/** What an {@link FRCRN} is built from; plain data, kept in config.json. The defaults are the published 16 kHz model's. */
export interface FRCRNConfig {
  /** Samples of a frame, and length of its Fourier transform. Default 640. */
  readonly fftLength?: number;
  /** Distance of the frames. Default half of `fftLength`. */
  readonly hopLength?: number;
  /** Width of every layer. Default 128. */
  readonly channels?: number;
  /** Layers of encoder and decoder. Default: until one frequency is left. */
  readonly layers?: number;
  /** Frequencies, and frames, that a memory looks back over. Default 20. */
  readonly order?: number;
  /** How many times narrower the gates of skip connections are. Default 8. */
  readonly reduction?: number;
  /** U-Nets: one, or a second that corrects the mask of the first. Default 2. */
  readonly stages?: 1 | 2;
  /** Memories along the frequencies; false makes the plain convolutional recurrent network that the paper starts from. Default true. */
  readonly frequencyRecurrence?: boolean;
  /** Frames see no later ones; without, convolutions look one frame ahead in each layer and gates over all time. Default false. */
  readonly causal?: boolean;
  /** Hertz of the sound that the model is for. Default 16000. */
  readonly sampleRate?: number;
}

export type FullFRCRNConfig = Required<FRCRNConfig>;

/** @throws InvalidArgumentError for sizes that are none */
export function withDefaults(config: FRCRNConfig): FullFRCRNConfig {
  const { fftLength = 640 } = config;
  const most = planBands(bandsOf(fftLength)).length;
  const full: FullFRCRNConfig = {
    fftLength,
    hopLength: config.hopLength ?? Math.floor(fftLength / 2),
    channels: config.channels ?? 128,
    layers: config.layers ?? most,
    order: config.order ?? 20,
    reduction: config.reduction ?? 8,
    stages: config.stages ?? 2,
    frequencyRecurrence: config.frequencyRecurrence ?? true,
    causal: config.causal ?? false,
    sampleRate: config.sampleRate ?? 16000,
  };
  for (const name of ['fftLength', 'hopLength', 'channels', 'layers', 'order', 'reduction'] as const) {
    check(
      Number.isInteger(full[name]) && full[name] > 0,
      () => `FRCRN: ${name} must be a positive whole number, got ${JSON.stringify(full[name])}`,
    );
  }
  check(full.stages === 1 || full.stages === 2, () => `FRCRN has one stage or two, got ${String(full.stages)}`);
  check(full.fftLength % 2 === 0, () => `FRCRN: fftLength must be even, got ${full.fftLength}`);
  check(
    full.hopLength <= full.fftLength / 2,
    () => `FRCRN: frames of ${full.fftLength} samples every ${full.hopLength} overlap by less than half`,
  );
  check(
    full.layers <= most,
    () => `FRCRN: ${most} layers leave one frequency of ${full.fftLength}, got ${full.layers}`,
  );
  check(
    full.reduction <= full.channels,
    () => `FRCRN: a reduction of ${full.reduction} leaves nothing of ${full.channels} channels`,
  );
  return full;
}

export const bandsOf = (fftLength: number): number => fftLength / 2 + 1;

/** What a layer does along the frequencies, with a stride of 2 and no padding. */
export interface BandPlan {
  readonly before: number;
  readonly after: number;
  /** Of the encoder's convolution. */
  readonly kernel: number;
  /** Of the decoder's across from it, so that it comes back to `before`. */
  readonly kernelBack: number;
}

export function planBands(bands: number): BandPlan[] {
  const plan: BandPlan[] = [];
  for (let before = bands; before > 1;) {
    const kernel = Math.min(5, before);
    const after = Math.floor((before - kernel) / 2) + 1;
    plan.push({ before, after, kernel, kernelBack: before - 2 * (after - 1) });
    before = after;
  }
  return plan;
}
