/**
 * SuDORM-RF: "Sudo rm -rf: Efficient Networks for Universal Audio Source Separation", Tzinis et al. 2020, arXiv:2007.06833, and its
 * improved form, as in asteroid (https://github.com/asteroid-team/asteroid, MIT), whose names the parameters have.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Conv2d,
  functional,
  GroupNorm,
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
import { makeEncoderDecoder, type Filterbank, type FilterbankEncoder } from '../../layers/filterbanks/index.js';
import { separationActivation } from '../../layers/separation-activations.js';
import { GlobLN } from '../../layers/separation-norms.js';
import { bySource } from './conv-tasnet.js';
import { checkInChan, EncoderMaskerDecoder, fitLength } from './encoder-masker-decoder.js';
import { filterbankOptions, type FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `SuDORMRFNet` and `SuDORMRFImprovedNet`. */
export interface SuDORMRFConfig extends FilterbankConfig {
  /** `original` (default) or `improved`: another norm, other masks. */
  readonly variant?: 'original' | 'improved';
  readonly nSrc: number;
  /** Channels between blocks. Default 128. */
  readonly bnChan?: number;
  /** Default 16. */
  readonly numBlocks?: number;
  /** Resolutions of a block. Default 4. */
  readonly upsamplingDepth?: number;
  /** Default `softmax`, improved `relu`. */
  readonly maskAct?: string;
}

type Drawn = { readonly generator?: Generator };
/** asteroid's `use_globln`: what the improved blocks normalise with. */
type Norm = 'group' | 'global';

const norm = (kind: Norm, channels: number): UnaryModule =>
  kind === 'global' ? new GlobLN(channels) : new GroupNorm(1, channels, { eps: 1e-8 });

/** A convolution and a norm; with an activation where one is given. */
class ConvNormAct extends Module implements UnaryModule {
  readonly conv: Conv1d;
  readonly norm: UnaryModule;
  readonly act?: PReLU;

  constructor(conv: Conv1d, kind: Norm, act?: PReLU) {
    super();
    this.conv = conv;
    this.norm = norm(kind, conv.outChannels);
    if (act !== undefined) this.act = act;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.norm.forward(this.conv.forward(x));
      return this.act?.forward(y) ?? y;
    });
  }
}

class NormAct extends Module implements UnaryModule {
  readonly norm: UnaryModule;
  readonly act: PReLU;

  constructor(channels: number, kind: Norm) {
    super();
    this.norm = norm(kind, channels);
    this.act = new PReLU({ numParameters: channels });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.act.forward(this.norm.forward(x)));
  }
}

/** Looks at a sequence in several resolutions, each half of the one before, and adds them up. */
abstract class MultiResolutionBlock extends Module implements UnaryModule {
  readonly proj_1x1: ConvNormAct;
  readonly spp_dw: ModuleList<ConvNormAct>;

  constructor(outer: number, inner: number, depth: number, kind: Norm, drawn: Drawn) {
    super();
    this.proj_1x1 = new ConvNormAct(
      new Conv1d(outer, inner, { kernelSize: 1, ...drawn }),
      kind,
      new PReLU({ numParameters: kind === 'global' ? 1 : inner }),
    );
    this.spp_dw = new ModuleList(
      Array.from(
        { length: Math.max(depth, 1) },
        (_, k) =>
          new ConvNormAct(
            new Conv1d(inner, inner, { kernelSize: 5, stride: k === 0 ? 1 : 2, padding: 2, groups: inner, ...drawn }),
            kind,
          ),
      ),
    );
  }

  abstract forward(x: tf.Tensor): tf.Tensor;

  /** x [N, frames, outer] to [N, frames, inner]. */
  protected resolutions(x: tf.Tensor): tf.Tensor {
    const levels: tf.Tensor[] = [];
    let y = this.proj_1x1.forward(x);
    for (const down of this.spp_dw) {
      y = down.forward(y);
      levels.push(y);
    }
    return levels.reduceRight((lower, level) => {
      const up = functional.interpolate(lower, { scaleFactor: 2 });
      return tf.add(level, fitLength(up, level.shape[1]!));
    });
  }
}

class UBlock extends MultiResolutionBlock {
  readonly conv_1x1_exp: ConvNormAct;
  readonly final_norm: NormAct;
  readonly module_act: NormAct;

  constructor(outer: number, inner: number, depth: number, drawn: Drawn) {
    super(outer, inner, depth, 'group', drawn);
    this.conv_1x1_exp = new ConvNormAct(new Conv1d(inner, outer, { kernelSize: 1, ...drawn }), 'group');
    this.final_norm = new NormAct(inner, 'group');
    this.module_act = new NormAct(outer, 'group');
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const expanded = this.conv_1x1_exp.forward(this.final_norm.forward(this.resolutions(x)));
      return this.module_act.forward(tf.add(expanded, x));
    });
  }
}

class UConvBlock extends MultiResolutionBlock {
  readonly final_norm: NormAct;
  readonly res_conv: Conv1d;

  constructor(outer: number, inner: number, depth: number, drawn: Drawn) {
    super(outer, inner, depth, 'global', drawn);
    this.final_norm = new NormAct(inner, 'global');
    this.res_conv = new Conv1d(inner, outer, { kernelSize: 1, ...drawn });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(this.res_conv.forward(this.final_norm.forward(this.resolutions(x))), x));
  }
}

interface MaskerOptions {
  readonly nSrc: number;
  readonly bnChan: number;
  readonly numBlocks: number;
  readonly upsamplingDepth: number;
  readonly maskAct: string;
}

/** The network that makes the masks. */
export class SuDORMRF extends Module implements UnaryModule {
  readonly ln: GroupNorm;
  readonly l1: Conv1d;
  readonly sm: Sequential;
  readonly reshape_before_masks?: Conv1d;
  /** Along the features, not along time: checkpoint [sources, 1, features + 1, 1]. */
  readonly m: Conv2d;
  readonly output_act: UnaryModule;

  constructor(
    readonly inChan: number,
    { nSrc, bnChan, numBlocks, upsamplingDepth, maskAct }: MaskerOptions,
    drawn: Drawn,
  ) {
    super();
    check(inChan % 2 === 0, () => `SuDORM-RF's masks need an even number of features, got ${inChan}`);
    this.ln = new GroupNorm(1, inChan, { eps: 1e-8 });
    this.l1 = new Conv1d(inChan, bnChan, { kernelSize: 1, ...drawn });
    this.sm = new Sequential(
      ...Array.from({ length: numBlocks }, () => new UBlock(bnChan, inChan, upsamplingDepth, drawn)),
    );
    if (bnChan !== inChan) this.reshape_before_masks = new Conv1d(bnChan, inChan, { kernelSize: 1, ...drawn });
    this.m = new Conv2d(1, nSrc, { kernelSize: [inChan + 1, 1], ...drawn });
    this.output_act = separationActivation(maskAct, 1);
  }

  /** x [N, frames, features] to masks [N, sources, frames, features]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.sm.forward(this.l1.forward(this.ln.forward(x)));
      return this.output_act.forward(this.#masks(this.reshape_before_masks?.forward(y) ?? y));
    });
  }

  /**
   * The convolution along features, as long as they are, is a product with the matrix whose diagonals its weights are: cutting out blocks
   * would take as much memory as there are features for each feature of each frame.
   */
  #masks(x: tf.Tensor): tf.Tensor {
    const { inChan, m } = this;
    const sources = m.outChannels;
    const half = inChan / 2;
    const weights = tf.transpose(tf.reshape(m.weight.value, [inChan + 1, sources]));
    const around = tf.pad(weights, [
      [0, 0],
      [half - 1, half - 1],
    ]);
    // [sources, to, from]
    const matrix = tf.reverse(functional.frames(around, inChan, 1), 1);
    const [batch, frames] = x.shape as [number, number, number];
    const rows = tf.matMul(
      tf.reshape(x, [batch * frames, inChan]),
      tf.reshape(matrix, [sources * inChan, inChan]),
      false,
      true,
    );
    const masks = bySource(tf.reshape(rows, [batch, frames, sources * inChan]), sources, inChan);
    return tf.add(masks, tf.reshape(m.bias!.value, [sources, 1, 1]));
  }
}

/** The improved network that makes the masks. */
export class SuDORMRFImproved extends Module implements UnaryModule {
  readonly ln: GlobLN;
  readonly bottleneck: Conv1d;
  readonly sm: Sequential;
  readonly mask_net: Sequential;
  readonly output_act: UnaryModule;
  readonly #sources: number;

  constructor(
    readonly inChan: number,
    { nSrc, bnChan, numBlocks, upsamplingDepth, maskAct }: MaskerOptions,
    drawn: Drawn,
  ) {
    super();
    this.ln = new GlobLN(inChan);
    this.bottleneck = new Conv1d(inChan, bnChan, { kernelSize: 1, ...drawn });
    this.sm = new Sequential(
      ...Array.from({ length: numBlocks }, () => new UConvBlock(bnChan, inChan, upsamplingDepth, drawn)),
    );
    this.mask_net = new Sequential(new PReLU(), new Conv1d(bnChan, nSrc * inChan, { kernelSize: 1, ...drawn }));
    this.output_act = separationActivation(maskAct, 1);
    this.#sources = nSrc;
  }

  /** x [N, frames, features] to masks [N, sources, frames, features]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.sm.forward(this.bottleneck.forward(this.ln.forward(x)));
      return this.output_act.forward(bySource(this.mask_net.forward(y), this.#sources, this.inChan));
    });
  }
}

/** Pads sound so that every resolution has whole frames. */
class Padder extends Module implements UnaryModule {
  readonly encoder: FilterbankEncoder;
  /** That of `encoder`. */
  readonly filterbank: Filterbank;

  constructor(
    encoder: FilterbankEncoder,
    readonly multiple: number,
  ) {
    super();
    this.encoder = encoder;
    this.filterbank = encoder.filterbank;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { multiple } = this;
    return scope(() => this.encoder.forward(fitLength(x, Math.ceil(x.shape[1]! / multiple) * multiple)));
  }
}

function leastCommonMultiple(a: number, b: number): number {
  const greatestCommonDivisor = (x: number, y: number): number => (y === 0 ? x : greatestCommonDivisor(y, x % y));
  return (a * b) / greatestCommonDivisor(a, b);
}

const modelType = 'sudormrf';

/** Takes mixtures of one channel apart; see {@link EncoderMaskerDecoder}. */
export class SuDORMRFNet extends EncoderMaskerDecoder<SuDORMRFConfig, SuDORMRF | SuDORMRFImproved, Padder> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of activations and filterbanks that there are not */
  constructor(config: SuDORMRFConfig, generator?: Generator) {
    const improved = config.variant === 'improved';
    const { kernelSize = 21, upsamplingDepth = 4 } = config;
    const half = Math.floor(kernelSize / 2);
    check(half > 0, () => `kernelSize must be at least 2, got ${kernelSize}`);
    const options = filterbankOptions(config, { nFilters: 512, kernelSize, stride: half });
    const { encoder, decoder } = makeEncoderDecoder(
      // asteroid's first form does not look at a stride
      { ...options, stride: improved ? options.stride || half : half, padding: half, outputPadding: half - 1 },
      generator,
    );
    const features = encoder.filterbank.nFeatsOut;
    checkInChan(config.inChan, features);
    const sizes = {
      nSrc: config.nSrc,
      bnChan: config.bnChan ?? 128,
      numBlocks: config.numBlocks ?? 16,
      upsamplingDepth,
      maskAct: config.maskAct ?? (improved ? 'relu' : 'softmax'),
    };
    const drawn = generator === undefined ? {} : { generator };
    const padder = new Padder(encoder, leastCommonMultiple(half, 2 ** upsamplingDepth));
    const masker = improved ? new SuDORMRFImproved(features, sizes, drawn) : new SuDORMRF(features, sizes, drawn);
    super(config, { encoder: padder, masker, decoder, activation: improved ? null : 'relu', numSources: config.nSrc });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<SuDORMRFNet> {
    return loadPretrained(source, suDORMRFFamilies, options);
  }
}

export const suDORMRFFamilies: ReadonlyArray<ModelFamily<SuDORMRFNet>> = [
  ownFamily(modelType, (config: SuDORMRFConfig) => new SuDORMRFNet(config)),
  ...(['original', 'improved'] as const).map((variant) =>
    referenceFamily(
      'asteroid',
      `asteroid.models.SuDORMRF${variant === 'improved' ? 'Improved' : ''}Net`,
      (args) => new SuDORMRFNet({ ...(args as unknown as SuDORMRFConfig), variant }),
    ),
  ),
];
