/**
 * Conv-TasNet: "Conv-TasNet: Surpassing Ideal Time-Frequency Magnitude Masking for Speech Separation", Luo and Mesgarani 2019,
 * arXiv:1809.07454, as in asteroid (https://github.com/asteroid-team/asteroid, MIT), whose names the parameters have.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  loadPretrained,
  Module,
  ModuleList,
  ownFamily,
  PReLU,
  referenceFamily,
  scope,
  Sequential,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { separationActivation } from '../../layers/separation-activations.js';
import { separationNorm } from '../../layers/separation-norms.js';
import { EncoderMaskerDecoder, openFilterbank } from './encoder-masker-decoder.js';
import type { FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `ConvTasNet`. */
export interface ConvTasNetConfig extends FilterbankConfig {
  readonly nSrc: number;
  /** Features of the masks. Default those of the filterbank. */
  readonly outChan?: number | null;
  /** Blocks a repeat, each of twice the dilation of the one before. Default 8. */
  readonly nBlocks?: number;
  /** Default 3. */
  readonly nRepeats?: number;
  /** Channels after the bottleneck. Default 128. */
  readonly bnChan?: number;
  /** Channels inside a block. Default 512. */
  readonly hidChan?: number;
  /** Channels of the skip connections; 0 for none, so that masks come from the residual path. Default 128. */
  readonly skipChan?: number | null;
  /** Default 3. */
  readonly convKernelSize?: number;
  /** Default `gLN`; causal models have `cLN` or `cgLN`. */
  readonly normType?: string;
  /** Default `sigmoid`. */
  readonly maskAct?: string;
  /** No frame looks at later ones. Default false. */
  readonly causal?: boolean;
  /** After the filterbank. Default none. */
  readonly encoderActivation?: string | null;
}

/** Cuts what a convolution's padding added at the end. */
class Chop extends Module implements UnaryModule {
  constructor(readonly size: number) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.slice(x, [0, 0, 0], [-1, x.shape[1]! - this.size, -1]);
  }
}

export interface Conv1DBlockOptions {
  readonly kernelSize: number;
  readonly dilation: number;
  readonly normType: string;
  readonly causal: boolean;
  readonly generator?: Generator | undefined;
}

/** A depthwise separable convolution of a sequence, with a way on and a way out. */
export class Conv1DBlock extends Module {
  readonly shared_block: Sequential;
  readonly res_conv: Conv1d;
  readonly skip_conv?: Conv1d;

  constructor(inChan: number, hidChan: number, skipChan: number, options: Conv1DBlockOptions) {
    super();
    const { kernelSize, dilation, normType, causal } = options;
    const generator = options.generator === undefined ? {} : { generator: options.generator };
    const reach = (kernelSize - 1) * dilation;
    check(causal || reach % 2 === 0, () => `kernels of ${kernelSize} have no middle: only causal models may have them`);
    const padding = causal ? reach : Math.floor(reach / 2);
    const point = (from: number, to: number): Conv1d => new Conv1d(from, to, { kernelSize: 1, ...generator });
    const first = point(inChan, hidChan);
    const depthwise = new Conv1d(hidChan, hidChan, { kernelSize, padding, dilation, groups: hidChan, ...generator });
    this.shared_block = new Sequential(
      first,
      new PReLU(),
      separationNorm(normType, hidChan),
      causal ? new Sequential(depthwise, new Chop(padding)) : depthwise,
      new PReLU(),
      separationNorm(normType, hidChan),
    );
    this.res_conv = point(hidChan, inChan);
    if (skipChan > 0) this.skip_conv = point(hidChan, skipChan);
  }

  /** x [N, frames, channels]: what is added to it, and what goes to the masks (null without skip connections). */
  forward(x: tf.Tensor): { residual: tf.Tensor; skip: tf.Tensor | null } {
    return scope(() => {
      const shared = this.shared_block.forward(x);
      return { residual: this.res_conv.forward(shared), skip: this.skip_conv?.forward(shared) ?? null };
    });
  }
}

type TDConvNetOptions = Required<
  Pick<
    ConvTasNetConfig,
    'nSrc' | 'nBlocks' | 'nRepeats' | 'bnChan' | 'hidChan' | 'convKernelSize' | 'normType' | 'maskAct' | 'causal'
  >
> & { readonly outChan: number; readonly skipChan: number };

/** The network of dilated convolutions that makes the masks. */
export class TDConvNet extends Module implements UnaryModule {
  readonly bottleneck: Sequential;
  readonly TCN: ModuleList<Conv1DBlock>;
  readonly mask_net: Sequential;
  readonly output_act: UnaryModule;
  readonly nSrc: number;
  readonly outChan: number;

  constructor(inChan: number, options: TDConvNetOptions, generator?: Generator) {
    super();
    const { nSrc, outChan, nBlocks, nRepeats, bnChan, hidChan, skipChan, normType, causal } = options;
    const drawn = generator === undefined ? {} : { generator };
    this.nSrc = nSrc;
    this.outChan = outChan;
    this.bottleneck = new Sequential(
      separationNorm(normType, inChan),
      new Conv1d(inChan, bnChan, { kernelSize: 1, ...drawn }),
    );
    this.TCN = new ModuleList(
      Array.from(
        { length: nRepeats * nBlocks },
        (_, i) =>
          new Conv1DBlock(bnChan, hidChan, skipChan, {
            kernelSize: options.convKernelSize,
            dilation: 2 ** (i % nBlocks),
            normType,
            causal,
            generator,
          }),
      ),
    );
    this.mask_net = new Sequential(
      new PReLU(),
      new Conv1d(skipChan > 0 ? skipChan : bnChan, nSrc * outChan, { kernelSize: 1, ...drawn }),
    );
    this.output_act = separationActivation(options.maskAct, 1);
  }

  /** x [N, frames, features] to masks [N, sources, frames, outChan]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = this.bottleneck.forward(x);
      let skips: tf.Tensor | null = null;
      for (const block of this.TCN) {
        const { residual, skip } = block.forward(y);
        if (skip !== null) skips = skips === null ? skip : tf.add(skips, skip);
        y = tf.add(y, residual);
      }
      return this.output_act.forward(bySource(this.mask_net.forward(skips ?? y), this.nSrc, this.outChan));
    });
  }
}

/** [N, frames, sources · features] to [N, sources, frames, features]. */
export function bySource(x: tf.Tensor, sources: number, features: number): tf.Tensor {
  const [batch, frames] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, frames, sources, features]), [0, 2, 1, 3]);
}

const modelType = 'conv-tasnet';

/** Takes mixtures of one channel apart; see {@link EncoderMaskerDecoder}. */
export class ConvTasNet extends EncoderMaskerDecoder<ConvTasNetConfig, TDConvNet> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of norms, activations and filterbanks that there are not */
  constructor(config: ConvTasNetConfig, generator?: Generator) {
    const { encoder, decoder, features } = openFilterbank(
      config,
      { nFilters: 512, kernelSize: 16, stride: 8 },
      generator,
    );
    const { causal = false, normType = 'gLN' } = config;
    const masker = new TDConvNet(
      features,
      {
        nSrc: config.nSrc,
        outChan: config.outChan || features,
        nBlocks: config.nBlocks ?? 8,
        nRepeats: config.nRepeats ?? 3,
        bnChan: config.bnChan ?? 128,
        hidChan: config.hidChan ?? 512,
        skipChan: (config.skipChan === undefined ? 128 : config.skipChan) ?? 0,
        convKernelSize: config.convKernelSize ?? 3,
        // other norms look ahead
        normType: causal && normType !== 'cgLN' ? 'cLN' : normType,
        maskAct: config.maskAct ?? 'sigmoid',
        causal,
      },
      generator,
    );
    super(config, { encoder, masker, decoder, activation: config.encoderActivation, numSources: config.nSrc });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<ConvTasNet> {
    return loadPretrained(source, convTasNetFamilies, options);
  }
}

export const convTasNetFamilies: ReadonlyArray<ModelFamily<ConvTasNet>> = [
  ownFamily(modelType, (config: ConvTasNetConfig) => new ConvTasNet(config)),
  referenceFamily(
    'asteroid',
    'asteroid.models.ConvTasNet',
    (args) => new ConvTasNet(args as unknown as ConvTasNetConfig),
  ),
];
