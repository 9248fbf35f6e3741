/**
 * Conv-TasNet: "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech Separation", Luo and Mesgarani 2019,
 * arXiv:1809.07454, as in torchaudio (https://github.com/pytorch/audio, BSD-2-Clause), whose names the parameters have. The non-causal model.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Conv1d,
  ConvTranspose1d,
  GroupNorm,
  loadPretrained,
  Module,
  ModuleList,
  ownFamily,
  PReLU,
  referenceFamily,
  scope,
  Sequential,
  UnsupportedError,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { bySource } from './conv-tasnet.js';
import { fitLength, monoBatch } from './encoder-masker-decoder.js';
import type { Separator } from './separator.js';

/** torchaudio's arguments of `ConvTasNet`. */
export interface TorchaudioConvTasNetConfig {
  /** Default 2. */
  readonly numSources?: number;
  /** Samples; filters start every half of it. Default 16. */
  readonly encKernelSize?: number;
  /** Default 512. */
  readonly encNumFeats?: number;
  /** Default 3. */
  readonly mskKernelSize?: number;
  /** Channels between blocks. Default 128. */
  readonly mskNumFeats?: number;
  /** Channels inside a block. Default 512. */
  readonly mskNumHiddenFeats?: number;
  /** Blocks a stack. Default 8. */
  readonly mskNumLayers?: number;
  /** Default 3. */
  readonly mskNumStacks?: number;
  /** `sigmoid` (default) or `relu`. */
  readonly mskActivate?: string;
  /** Hz of the sound that it was trained on; torchaudio's models do not know theirs. */
  readonly sampleRate?: number;
}

const normEps = 1e-8;

class ConvBlock extends Module {
  readonly conv_layers: Sequential;
  readonly res_out?: Conv1d;
  readonly skip_out: Conv1d;

  constructor(channels: number, hidden: number, kernelSize: number, dilation: number, last: boolean, drawn: Drawn) {
    super();
    const point = (from: number, to: number): Conv1d => new Conv1d(from, to, { kernelSize: 1, ...drawn });
    this.conv_layers = new Sequential(
      point(channels, hidden),
      new PReLU(),
      new GroupNorm(1, hidden, { eps: normEps }),
      // padded as kernels of 3 need it, whatever the kernel
      new Conv1d(hidden, hidden, { kernelSize, padding: dilation, dilation, groups: hidden, ...drawn }),
      new PReLU(),
      new GroupNorm(1, hidden, { eps: normEps }),
    );
    if (!last) this.res_out = point(hidden, channels);
    this.skip_out = point(hidden, channels);
  }

  forward(x: tf.Tensor): { residual: tf.Tensor | null; skip: tf.Tensor } {
    return scope(() => {
      const features = this.conv_layers.forward(x);
      return { residual: this.res_out?.forward(features) ?? null, skip: this.skip_out.forward(features) };
    });
  }
}

type Drawn = { readonly generator?: Generator };

class MaskGenerator extends Module {
  readonly input_norm: GroupNorm;
  readonly input_conv: Conv1d;
  readonly conv_layers: ModuleList<ConvBlock>;
  readonly output_prelu: PReLU;
  readonly output_conv: Conv1d;

  constructor(
    readonly features: number,
    readonly sources: number,
    readonly activation: 'sigmoid' | 'relu',
    { kernelSize, channels, hidden, layers, stacks }: Record<string, number>,
    drawn: Drawn,
  ) {
    super();
    this.input_norm = new GroupNorm(1, features, { eps: normEps });
    this.input_conv = new Conv1d(features, channels!, { kernelSize: 1, ...drawn });
    const count = layers! * stacks!;
    this.conv_layers = new ModuleList(
      Array.from(
        { length: count },
        (_, i) => new ConvBlock(channels!, hidden!, kernelSize!, 2 ** (i % layers!), i === count - 1, drawn),
      ),
    );
    this.output_prelu = new PReLU();
    this.output_conv = new Conv1d(channels!, features * sources, { kernelSize: 1, ...drawn });
  }

  /** x [N, frames, features] to masks [N, sources, frames, features]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = this.input_conv.forward(this.input_norm.forward(x));
      let skips: tf.Tensor | null = null;
      for (const block of this.conv_layers) {
        const { residual, skip } = block.forward(y);
        if (residual !== null) y = tf.add(y, residual);
        skips = skips === null ? skip : tf.add(skips, skip);
      }
      const scores = this.output_conv.forward(this.output_prelu.forward(skips!));
      const masks = this.activation === 'relu' ? tf.relu(scores) : tf.sigmoid(scores);
      return bySource(masks, this.sources, this.features);
    });
  }
}

const modelType = 'torchaudio-conv-tasnet';

/** Takes mixtures of one channel apart. */
export class TorchaudioConvTasNet extends ConfiguredModel<TorchaudioConvTasNetConfig> implements Separator {
  protected override readonly modelType = modelType;
  readonly audioChannels = 1;
  readonly sourceNames = null;
  readonly encoder: Conv1d;
  readonly mask_generator: MaskGenerator;
  readonly decoder: ConvTranspose1d;
  readonly numSources: number;
  readonly sampleRate: number | null;

  constructor(
    override readonly config: TorchaudioConvTasNetConfig = {},
    generator?: Generator,
  ) {
    super();
    const { numSources = 2, encKernelSize: kernelSize = 16, encNumFeats = 512, mskActivate = 'sigmoid' } = config;
    const {
      mskKernelSize = 3,
      mskNumFeats = 128,
      mskNumHiddenFeats = 512,
      mskNumLayers = 8,
      mskNumStacks = 3,
    } = config;
    if (mskActivate !== 'sigmoid' && mskActivate !== 'relu')
      throw new UnsupportedError(`mskActivate is 'sigmoid' or 'relu', not '${mskActivate}'`);
    check(kernelSize >= 2, () => `encKernelSize must be at least 2, got ${kernelSize}`);
    check(
      mskKernelSize === 3,
      () =>
        `mskKernelSize must be 3: the network's padding is made for it, and other kernels change the length; got ${mskKernelSize}`,
    );
    this.numSources = numSources;
    this.sampleRate = config.sampleRate ?? null;
    const stride = Math.floor(kernelSize / 2);
    const drawn = generator === undefined ? {} : { generator };
    const options = { kernelSize, stride, padding: stride, bias: false, ...drawn };
    this.encoder = new Conv1d(1, encNumFeats, options);
    this.mask_generator = new MaskGenerator(
      encNumFeats,
      numSources,
      mskActivate,
      {
        kernelSize: mskKernelSize,
        channels: mskNumFeats,
        hidden: mskNumHiddenFeats,
        layers: mskNumLayers,
        stacks: mskNumStacks,
      },
      drawn,
    );
    this.decoder = new ConvTranspose1d(encNumFeats, 1, options);
  }

  /**
   * @param x float32 [N, time] or [N, time, 1]
   * @returns float32 [N, sources, time]
   */
  forward(x: tf.Tensor): tf.Tensor {
    const { encKernelSize: kernelSize = 16 } = this.config;
    return scope(() => {
      const sound = monoBatch(x);
      const [batch, length] = sound.shape as [number, number, number];
      // the last filter ends with the sound
      const stride = Math.floor(kernelSize / 2);
      const odd = kernelSize % 2;
      const padded = fitLength(sound, odd + Math.ceil((length - odd) / stride) * stride);
      const frames = this.encoder.forward(padded);
      const masked = tf.mul(this.mask_generator.forward(frames), tf.expandDims(frames, 1));
      const [, sources, count, features] = masked.shape as [number, number, number, number];
      const decoded = this.decoder.forward(tf.reshape(masked, [batch * sources, count, features]));
      return tf.reshape(fitLength(decoded, length), [batch, sources, length]);
    });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<TorchaudioConvTasNet> {
    return loadPretrained(source, torchaudioConvTasNetFamilies, options);
  }
}

export const torchaudioConvTasNetFamilies: ReadonlyArray<ModelFamily<TorchaudioConvTasNet>> = [
  ownFamily(modelType, (config: TorchaudioConvTasNetConfig) => new TorchaudioConvTasNet(config)),
  referenceFamily(
    'torchaudio',
    'torchaudio.models.ConvTasNet',
    (args) => new TorchaudioConvTasNet(args as TorchaudioConvTasNetConfig),
  ),
];
