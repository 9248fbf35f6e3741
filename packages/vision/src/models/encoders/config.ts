import { check, checkCount, InvalidArgumentError, type Generator } from '@hourglass/core';
import type { NormSpec } from '../../layers/norm.js';
import type { Encoder, EncoderFacts } from './encoder.js';
import { planStages, resnetVariants, type Dilation, type ResNetSpec, type ResNetVariant } from './resnet-spec.js';
import { ResNetEncoder } from './resnet.js';
import { UNetEncoder } from './unet.js';

/** A ResNet encoder as plain data. As many stages as it is deep. */
export interface ResNetEncoderConfig extends ResNetSpec {
  readonly type: 'resnet';
  readonly inChannels: number;
  /** Stride of the deepest stage; 8 or 16 trades strides for dilation. */
  readonly outputStride: number;
}

/** A plain U-Net encoder as plain data. */
export interface UNetEncoderConfig {
  readonly type: 'unet';
  readonly inChannels: number;
  /** Channels at strides 1, 2, 4, … */
  readonly channels: readonly number[];
  readonly norm: NormSpec;
  readonly outputStride: number;
}

/** Everything that an encoder is built from; kept in config.json. */
export type EncoderConfig = ResNetEncoderConfig | UNetEncoderConfig;

/** Plain U-Net encoders by name. */
export const unetVariants = {
  /** Small enough to train on a laptop's CPU. */
  'unet-small': [16, 32, 64, 96],
  /** The paper's widths, halved. */
  'unet-medium': [32, 64, 128, 256, 512],
  /** The paper's. */
  unet: [64, 128, 256, 512, 1024],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type EncoderName = ResNetVariant | keyof typeof unetVariants;

/** Names that {@link resolveEncoder} knows. */
export const encoderNames = [...Object.keys(resnetVariants), ...Object.keys(unetVariants)] as EncoderName[];

/** What may be given in place of a full {@link EncoderConfig}. */
export type EncoderChoice =
  | EncoderName
  | ({ readonly type: 'resnet' } & ResNetSpec & Partial<ResNetEncoderConfig>)
  | ({ readonly type: 'unet'; readonly channels: readonly number[] } & Partial<UNetEncoderConfig>);

export interface EncoderSettings {
  readonly inChannels?: number | undefined;
  /** Number of levels below the input's resolution that are wanted; default all that the encoder has. */
  readonly depth?: number | undefined;
  readonly outputStride?: number | undefined;
}

/**
 * Makes an encoder's configuration whole: looks up a name, cuts it to `depth`, sets channels and stride.
 * @throws InvalidArgumentError for an unknown name or a depth that it does not have.
 */
export function resolveEncoder(choice: EncoderChoice, settings: EncoderSettings = {}): EncoderConfig {
  const given = typeof choice === 'string' ? named(choice) : choice;
  const inChannels = settings.inChannels ?? given.inChannels ?? 3;
  checkCount('inChannels', inChannels);
  const most = given.type === 'resnet' ? given.stages.length + 1 : given.channels.length - 1;
  const depth = settings.depth ?? most;
  check(
    Number.isInteger(depth) && depth >= 1 && depth <= most,
    `this encoder has a depth of 1 to ${most}, got ${depth}`,
  );
  const deepest = 2 ** depth;
  const outputStride = settings.outputStride ?? given.outputStride ?? deepest;
  if (given.type === 'resnet') {
    const { block, stem, stages, groups } = given;
    return {
      type: 'resnet',
      inChannels,
      block,
      stem,
      stages: stages.slice(0, depth - 1),
      groups,
      outputStride: Math.min(outputStride, deepest),
    };
  }
  const { channels, norm = true } = given;
  const wanted = channels.slice(0, depth + 1);
  return { type: 'unet', inChannels, channels: wanted, norm, outputStride: Math.min(outputStride, deepest) };
}

function named(name: string): EncoderChoice & object {
  if (Object.hasOwn(resnetVariants, name)) return { type: 'resnet', ...resnetVariants[name as ResNetVariant] };
  if (Object.hasOwn(unetVariants, name)) {
    return { type: 'unet', channels: unetVariants[name as keyof typeof unetVariants] };
  }
  throw new InvalidArgumentError(`unknown encoder '${name}'; known are ${encoderNames.join(', ')}`);
}

/** What decoders may know of the encoder that a configuration describes, without building it. */
export function encoderFacts(config: EncoderConfig): EncoderFacts {
  const { inChannels } = config;
  if (config.type === 'unet') {
    const { channels, outputStride } = config;
    const strides = channels.map((_, i) => Math.min(2 ** i, outputStride));
    return { inChannels, outChannels: channels, strides, outputStride: strides.at(-1)!, startsWithInput: false };
  }
  const strides = [1, 2, ...planStages(config, dilationOf(config)).map((plan) => plan.outputStride)];
  const outChannels = [inChannels, config.stem, ...config.stages.map(({ channels }) => channels)];
  return { inChannels, outChannels, strides, outputStride: strides.at(-1)!, startsWithInput: true };
}

/** A shallow encoder strides less than 8 without dilation. */
function dilationOf(config: ResNetEncoderConfig): Dilation {
  return { outputStride: Math.max(8, config.outputStride) };
}

/** Builds an encoder with random weights. */
export function createEncoder(config: EncoderConfig, generator?: Generator): Encoder {
  switch (config.type) {
    case 'resnet':
      return new ResNetEncoder(config, {
        inChannels: config.inChannels,
        dilation: dilationOf(config),
        generator,
      });
    case 'unet':
      return new UNetEncoder({ ...config, generator });
    default:
      throw new InvalidArgumentError(
        `unknown encoder type ${JSON.stringify((config as { type?: unknown }).type)}; known are resnet and unet`,
      );
  }
}
