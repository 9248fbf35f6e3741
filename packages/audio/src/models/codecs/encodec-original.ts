/**
 * EnCodec under the names of its own code, github.com/facebookresearch/encodec (MIT): `encoder.model.N.conv.conv.weight_g`,
 * `quantizer.vq.layers.N._codebook.embed`. Défossez et al. 2022, arXiv:2210.13438.
 */
import {
  activationByName,
  CELU,
  check,
  ELU,
  LeakyReLU,
  loadPretrained,
  UnsupportedError,
  type Config,
  type ModelFamily,
  type OpenOptions,
  type Parameter,
  type StateBuffer,
  type UnaryModule,
} from '@hourglass/core';
import { checkConvNorm, checkEndMode, StreamableConvTranspose1d } from '../../layers/index.js';
import { EncodecCodec, type EncodecOptions } from './encodec-codec.js';
import { settingsIn } from './settings.js';

/** As the constructors of the original SEANetEncoder, SEANetDecoder and ResidualVectorQuantizer have it. */
export interface EncodecOriginalConfig {
  readonly sample_rate: number;
  readonly channels: number;
  readonly dimension: number;
  readonly n_filters: number;
  readonly n_residual_layers: number;
  readonly ratios: readonly number[];
  /** Name of a torch class. */
  readonly activation: string;
  /** `alpha` of ELU. */
  readonly activation_params: Readonly<Record<string, number>>;
  /** Behind the decoder; null: none. */
  readonly final_activation: string | null;
  readonly norm: string;
  readonly kernel_size: number;
  readonly last_kernel_size: number;
  readonly residual_kernel_size: number;
  readonly dilation_base: number;
  readonly causal: boolean;
  readonly pad_mode: string;
  /** No convolution past the residual units. */
  readonly true_skip: boolean;
  readonly compress: number;
  readonly lstm: number;
  readonly trim_right_ratio: number;
  readonly n_q: number;
  readonly bins: number;
  readonly normalize: boolean;
}

const defaults: EncodecOriginalConfig = {
  sample_rate: 24_000,
  channels: 1,
  dimension: 128,
  n_filters: 32,
  n_residual_layers: 1,
  ratios: [8, 5, 4, 2],
  activation: 'ELU',
  activation_params: { alpha: 1 },
  final_activation: null,
  norm: 'weight_norm',
  kernel_size: 7,
  last_kernel_size: 7,
  residual_kernel_size: 3,
  dilation_base: 2,
  causal: true,
  pad_mode: 'reflect',
  true_skip: false,
  compress: 2,
  lstm: 2,
  trim_right_ratio: 1,
  n_q: 32,
  bins: 1024,
  normalize: false,
};

export class EncodecOriginalModel extends EncodecCodec<EncodecOriginalConfig> {
  protected override readonly modelType = 'encodec_original';
  override readonly config: EncodecOriginalConfig;

  /** @throws InvalidArgumentError for settings that do not go together; UnsupportedError for a norm that is not there */
  constructor(config: Partial<EncodecOriginalConfig> = {}, options: EncodecOptions = {}) {
    const settings = { ...defaults, ...config };
    const { norm, pad_mode, final_activation, causal } = settings;
    if (['spectral_norm', 'layer_norm', 'time_layer_norm'].includes(norm)) {
      throw new UnsupportedError(`EnCodec with norm ${norm} is not built; weight_norm, time_group_norm and none are`);
    }
    checkConvNorm(norm, 'EnCodec');
    checkEndMode(pad_mode, 'EnCodec');
    check(
      !(causal && norm === 'time_group_norm'),
      'EnCodec: time_group_norm looks at all of the signal, and is not causal',
    );
    super(
      {
        seanet: {
          channels: settings.channels,
          dimension: settings.dimension,
          numFilters: settings.n_filters,
          ratios: settings.ratios,
          numResidualLayers: settings.n_residual_layers,
          kernelSize: settings.kernel_size,
          lastKernelSize: settings.last_kernel_size,
          residualKernelSize: settings.residual_kernel_size,
          dilationGrowthRate: settings.dilation_base,
          compress: settings.compress,
          lstmLayers: settings.lstm,
          convShortcut: !settings.true_skip,
          trimRightRatio: settings.trim_right_ratio,
          activation: () => activation(settings),
          finalActivation: final_activation === null ? null : activationByName(final_activation),
          causal,
          padMode: pad_mode,
          norm,
        },
        sampleRate: settings.sample_rate,
        codebookSize: settings.bins,
        numCodebooks: settings.n_q,
        normalize: settings.normalize,
        chunks: null,
      },
      options,
    );
    this.config = settings;
  }

  override *namedState(prefix = ''): Iterable<[string, Parameter | StateBuffer]> {
    for (const [name, leaf] of super.namedState('')) {
      const original = this.#originalName(name);
      yield [prefix === '' ? original : `${prefix}.${original}`, leaf];
    }
  }

  #originalName(name: string): string {
    if (name.startsWith('quantizer.'))
      return name.replace(/^quantizer\.(.*)\.codebook\./, 'quantizer.vq.$1._codebook.');
    const stage = /^decoder\.layers\.(\d+)\.(conv|norm)\./.exec(name);
    const isTransposed =
      stage !== null && this.decoder.layers.at(Number(stage[1])) instanceof StreamableConvTranspose1d;
    const field = isTransposed ? 'convtr' : 'conv';
    return name
      .replace(/^(encoder|decoder)\.layers\./, '$1.model.')
      .replace(/\.(conv|norm)\./, (_, part: string) => (part === 'conv' ? `.${field}.${field}.` : `.${field}.norm.`))
      .replace('.parametrizations.weight.original0', '.weight_g')
      .replace('.parametrizations.weight.original1', '.weight_v');
  }

  /** Loads a checkpoint of the original layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<EncodecOriginalModel> {
    return loadPretrained(source, encodecOriginalFamilies, options);
  }
}

/** Activations with a setting, under torch's names for both. */
const withSetting: Readonly<Record<string, { readonly setting: string; make(value?: number): UnaryModule }>> = {
  ELU: { setting: 'alpha', make: (alpha) => new ELU(alpha) },
  CELU: { setting: 'alpha', make: (alpha) => new CELU(alpha) },
  LeakyReLU: { setting: 'negative_slope', make: (slope) => new LeakyReLU(slope) },
};

function activation({ activation: name, activation_params: given }: EncodecOriginalConfig): UnaryModule {
  const known = Object.hasOwn(withSetting, name) ? withSetting[name]! : null;
  // alpha is there by default, for ELU
  const unknown = Object.keys(given).filter((key) => key !== known?.setting && key !== 'alpha');
  if (unknown.length > 0) throw new UnsupportedError(`EnCodec: ${name} with ${unknown.join(', ')} is not built`);
  return known === null ? activationByName(name) : known.make(given[known.setting]);
}

export const encodecOriginalFamilies: ReadonlyArray<ModelFamily<EncodecOriginalModel>> = [
  {
    modelType: 'encodec_original',
    matches: (config) => config['model_type'] === 'encodec_original' || config['library'] === 'encodec',
    build(config) {
      const args = (config['args'] ?? config) as Config;
      // the parts of a codec share one width and one number of codebooks
      const { dim, nq } = args;
      const named = { ...args, ...(dim !== undefined && { dimension: dim }), ...(nq !== undefined && { n_q: nq }) };
      const known = ['model_type', 'dim', 'nq', ...Object.keys(defaults)];
      const unknown = Object.keys(args).filter((name) => !known.includes(name) && !isEmpty(args[name]));
      if (unknown.length > 0)
        throw new UnsupportedError(`EnCodec: ${unknown.join(', ')} of its config.json is not built`);
      return new EncodecOriginalModel(settingsIn<EncodecOriginalConfig>(named, defaults));
    },
  },
];

/** Whether a setting says nothing: null, or an object without entries, as `norm_params` has by default. */
function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
