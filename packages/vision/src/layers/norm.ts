import {
  BatchNorm2d,
  check,
  Identity,
  InstanceNorm2d,
  InvalidArgumentError,
  LayerNorm,
  type UnaryModule,
} from '@hourglass/core';

const types = ['batchnorm', 'identity', 'layernorm', 'instancenorm'] as const;
export type NormType = (typeof types)[number];

/** A normalisation with its settings; what is not given has PyTorch's default. */
export interface NormSettings {
  readonly type: NormType;
  readonly eps?: number;
  readonly momentum?: number;
  readonly affine?: boolean;
  readonly trackRunningStats?: boolean;
}

/** Normalisation between a convolution and its activation: true is batch norm, false is none. */
export type NormSpec = boolean | NormType | NormSettings;

/** The settings that a {@link NormSpec} stands for. @throws InvalidArgumentError naming the kinds there are. */
export function normSettings(spec: NormSpec): NormSettings {
  const settings =
    typeof spec === 'boolean'
      ? ({ type: spec ? 'batchnorm' : 'identity' } as const)
      : typeof spec === 'string'
        ? { type: spec }
        : spec;
  // configurations come from files too, where the type is only a promise
  check(
    types.includes(settings.type),
    () => `norm must be true, false or one of ${types.join(', ')}; got ${JSON.stringify(spec)}`,
  );
  return settings;
}

/** Normalises [N, H, W, channels]. Layer norm is over the channels of each pixel. */
export function createNorm(spec: NormSpec, channels: number): UnaryModule {
  const { type, ...options } = normSettings(spec);
  switch (type) {
    case 'batchnorm':
      return new BatchNorm2d(channels, options);
    case 'layernorm':
      return new LayerNorm([channels], {
        ...(options.eps === undefined ? {} : { eps: options.eps }),
        ...(options.affine === undefined ? {} : { elementwiseAffine: options.affine }),
      });
    case 'instancenorm':
      return new InstanceNorm2d(channels, options);
    case 'identity':
      return new Identity();
  }
}

/** Norm settings as segmentation_models.pytorch writes them, to ours. */
export function normFromReference(value: unknown): NormSpec {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return normSettings(value.toLowerCase() as NormType).type;
  if (typeof value !== 'object' || value === null) {
    throw new InvalidArgumentError(`norm must be a boolean, a name or an object, got ${JSON.stringify(value)}`);
  }
  const {
    track_running_stats: trackRunningStats,
    elementwise_affine: elementwiseAffine,
    ...rest
  } = value as Record<string, unknown>;
  return normSettings({
    ...rest,
    ...(trackRunningStats === undefined ? {} : { trackRunningStats }),
    ...(elementwiseAffine === undefined ? {} : { affine: elementwiseAffine }),
  } as NormSettings);
}
