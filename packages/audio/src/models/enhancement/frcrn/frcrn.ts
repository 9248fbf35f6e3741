/**
 * Removes noise from speech with a complex mask for its spectrogram, found by convolutions with memories along frequency and time.
 * "FRCRN: Boosting Feature Representation using Frequency Recurrence for Monaural Speech Enhancement", Zhao et al. 2022, arXiv:2206.07293.
 * Sizes and names as in the authors' model for ModelScope (Apache-2.0); there, gates of squeeze and excitation stand in the skip
 * connections where the paper has complex block attention.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  functional,
  loadPretrained,
  ownFamily,
  referenceFamily,
  scope,
  UnsupportedError,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { bandsOf, planBands, withDefaults, type FRCRNConfig, type FullFRCRNConfig } from './config.js';
import { eachPart, type Complex } from './complex.js';
import { ComplexUNet } from './unet.js';

export interface EnhancementOutputs {
  /** The sound without noise, [N, time]. */
  readonly waveform: tf.Tensor;
  /** The complex mask, [N, frames, frequencies, 2]; its parts lie within as many as there are stages. */
  readonly mask: tf.Tensor;
}

export class FRCRN extends ConfiguredModel<FRCRNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: FRCRNConfig;
  /** Finds a mask. */
  readonly unet: ComplexUNet;
  /** Corrects it, and sees what the first has made. */
  readonly unet2: ComplexUNet | null;
  readonly #full: FullFRCRNConfig;

  /** @throws InvalidArgumentError for sizes that do not fit */
  constructor(config: FRCRNConfig = {}, generator?: Generator) {
    super();
    this.config = config;
    this.#full = withDefaults(config);
    this.unet = new ComplexUNet(this.#full, generator);
    this.unet2 = this.#full.stages === 2 ? new ComplexUNet(this.#full, generator) : null;
  }

  get sampleRate(): number {
    return this.#full.sampleRate;
  }

  /** Noisy sound, float32 [N, time] of any length, to clean sound of the same shape. @throws InvalidArgumentError for another shape */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.outputs(x).waveform);
  }

  /** {@link forward} with the mask. */
  outputs(x: tf.Tensor): EnhancementOutputs {
    check(
      x.rank === 2 && x.shape[1]! > 0,
      () => `FRCRN takes sound of one channel, [N, time], got shape [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const spectrum = this.spectrum(x);
      const mask = this.mask(spectrum);
      const enhanced = functional.complexMul(spectrum, mask);
      const waveform = functional.istft(enhanced, {
        ...this.#transform(),
        // the padded length, so that windows cover it
        length: this.#full.hopLength * (spectrum.shape[1]! - 1),
      });
      return { waveform: tf.slice(waveform, [0, 0], [-1, x.shape[1]!]), mask };
    });
  }

  /** Sound [N, time] to the spectrogram that masks are for: [N, frames, frequencies, 2]. */
  spectrum(x: tf.Tensor): tf.Tensor {
    const { hopLength } = this.#full;
    const length = x.shape[1]!;
    return scope(() => {
      const whole = tf.pad(x, [
        [0, 0],
        [0, Math.ceil(length / hopLength) * hopLength - length],
      ]);
      return functional.stft(whole, { ...this.#transform(), padMode: 'constant' });
    });
  }

  /** Spectrogram [N, frames, frequencies, 2] to the mask that takes the noise out, of the same shape. */
  mask(spectrum: tf.Tensor): tf.Tensor {
    const bands = bandsOf(this.#full.fftLength);
    check(
      spectrum.rank === 4 && spectrum.shape[2] === bands && spectrum.shape[3] === 2,
      () => `FRCRN takes spectrograms [N, frames, ${bands}, 2], got shape [${spectrum.shape.join(', ')}]`,
    );
    return scope(() => {
      const image = tf.transpose(spectrum, [0, 2, 1, 3]);
      const first = this.unet.forward(tf.split(image, 2, 3) as unknown as Complex);
      let mask = eachPart(tf.tanh, first);
      if (this.unet2 !== null) {
        const change = eachPart(tf.tanh, this.unet2.forward(first));
        mask = [tf.add(mask[0], change[0]), tf.add(mask[1], change[1])];
      }
      return tf.transpose(tf.concat([...mask], 3), [0, 2, 1, 3]);
    });
  }

  /** Analysis and synthesis share the root of a Hann window. */
  #transform() {
    const { fftLength, hopLength } = this.#full;
    return { nFft: fftLength, hopLength, window: tf.sqrt(functional.hannWindow(fftLength)) };
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<FRCRN> {
    return loadPretrained(source, frcrnFamilies, options);
  }
}

const modelType = 'hourglass-frcrn';

/** Layers that the authors' class makes and does not use, and those that it lists twice. */
function leftOut(layers: number): RegExp[] {
  const unused = [
    'fsmn_enc\\.0',
    `fsmn_dec\\.${layers - 1}`,
    `se_layers_enc\\.${layers - 1}`,
    `se_layers_dec\\.${layers - 2}`,
    '(encoder|decoder|fsmn_enc|fsmn_dec|se_layer_enc|se_layer_dec)\\d+',
  ];
  return [/^i?stft\./, new RegExp(`^unet2?\\.(${unused.join('|')})\\.`)];
}

/** Kinds of checkpoint that {@link FRCRN.fromPretrained} reads. */
export const frcrnFamilies: ReadonlyArray<ModelFamily<FRCRN>> = [
  ownFamily(modelType, (config: FRCRNConfig) => new FRCRN(config)),
  {
    ...referenceFamily('modelscope', 'FRCRN(', (args) => fromArguments(args)),
    ignore: ({ args }) => leftOut(planBands(bandsOf((args as { fft_len?: number }).fft_len ?? 512)).length),
  },
];

/** Of the class in ModelScope; only its complex networks of depth 14 are those of the paper. */
function fromArguments(args: Readonly<Record<string, unknown>>): FRCRN {
  const { complex, modelDepth, winLen = 400, winInc = 100, fftLen = 512, winType = 'hanning', logAmp } = args;
  const fits: Readonly<Record<string, boolean>> = {
    complex: complex === true,
    model_depth: modelDepth === 14,
    log_amp: logAmp !== true,
    win_len: winLen === fftLen,
    win_type: winType === 'hanning' || winType === 'hann',
  };
  const other = Object.keys(fits).find((name) => !fits[name]);
  if (other !== undefined) {
    throw new UnsupportedError(
      `FRCRN is not made with this value of ${other} here; the published models are complex, of model_depth 14, with Hann windows of fft_len samples`,
    );
  }
  return new FRCRN({ fftLength: fftLen as number, hopLength: winInc as number });
}
