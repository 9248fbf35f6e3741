/**
 * Checkpoints of segmentation_models.pytorch (MIT, https://github.com/qubvel-org/segmentation_models.pytorch): folders that its
 * `save_pretrained` writes (arguments and `_model_class` in config.json), and folders that name class and arguments.
 */
import {
  check,
  CheckpointError,
  type Checkpoint,
  type Config,
  type ModelFamily,
  type RenameRule,
} from '@hourglass/core';
import { activationFromReference } from '../layers/activation.js';
import { normFromReference } from '../layers/norm.js';
import type { DecoderFamily } from './decoders/decoder.js';
import { architectures, decoderFamilies, type Architecture } from './decoders/index.js';
import { encoderFacts, resolveEncoder } from './encoders/config.js';
import { inferResNet } from './encoders/infer-resnet.js';
import type { ClassificationHeadConfig } from './heads.js';
import type { SegmentationModel, SegmentationOptions } from './segmentation.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Class and arguments that a configuration names; null when it is not of this library. */
function readReference(config: Config): { readonly architecture: Architecture; readonly args: Arguments } | null {
  const { _model_class: modelClass, library, class: constructor, args } = config;
  const name =
    typeof modelClass === 'string'
      ? modelClass
      : library === 'smp' && typeof constructor === 'string'
        ? /(\w+)\s*(?:\(|$)/.exec(constructor)?.[1]
        : undefined;
  const architecture = architectures.find(
    (candidate) =>
      name !== undefined && decoderFamilies[candidate].referenceClass?.toLowerCase() === name.toLowerCase(),
  );
  if (architecture === undefined) return null;
  return { architecture, args: (typeof modelClass === 'string' ? config : (args ?? {})) as Arguments };
}

const commonArguments = [
  'encoder_name',
  'encoder_weights',
  'encoder_depth',
  'encoder_output_stride',
  'in_channels',
  'classes',
  'activation',
  'upsampling',
  'aux_params',
];

/** The decoder's options among the arguments. @throws CheckpointError for arguments that are not known. */
function decoderOptions(family: DecoderFamily<object>, args: Arguments): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    const ours = (family.referenceArguments as Readonly<Record<string, string>>)[name];
    if (ours !== undefined) {
      // a null stands for the default, except for attention, whose default it is
      if (value !== null) options[ours] = ours === 'norm' ? normFromReference(value) : value;
    } else if (!commonArguments.includes(name) && !name.startsWith('_') && name !== 'kwargs' && value !== null) {
      throw new CheckpointError(
        `config.json has an argument '${name}' that ${family.referenceClass} does not take here; known are ` +
          [...commonArguments, ...Object.keys(family.referenceArguments)].join(', '),
      );
    }
  }
  return options;
}

function wholeNumber(args: Arguments, name: string): number | undefined {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  check(Number.isInteger(value), `config.json: ${name} must be an integer, got ${JSON.stringify(value)}`);
  return value as number;
}

function classificationHead(params: unknown): ClassificationHeadConfig | null {
  if (params === undefined || params === null) return null;
  check(typeof params === 'object', 'config.json: aux_params must be an object');
  const { activation, ...rest } = params as { classes: number; activation?: unknown };
  return { ...rest, activation: activationFromReference(activation) };
}

/** Depth of the encoder when config.json does not say. */
function encoderDepth(architecture: Architecture, args: Arguments): number {
  return wholeNumber(args, 'encoder_depth') ?? decoderFamilies[architecture].encoderDepth ?? 5;
}

function options(config: Config, checkpoint: Checkpoint): SegmentationOptions {
  const { architecture, args } = readReference(config)!;
  const { specs } = checkpoint.tensors;
  if (!specs.has('encoder.conv1.weight')) {
    throw new CheckpointError(
      `${checkpoint.where}: its encoder ${JSON.stringify(args['encoder_name'])} is not of the ResNet family, which is the one that is known here`,
    );
  }
  const family = decoderFamilies[architecture] as DecoderFamily<object>;
  const { spec, inChannels } = inferResNet(specs, 'encoder.');
  const depth = encoderDepth(architecture, args);
  const outputStride = wholeNumber(args, 'encoder_output_stride') ?? family.encoderOutputStrides?.[0] ?? 32;
  const choice = { type: 'resnet', ...spec, inChannels } as const;
  const facts = encoderFacts(resolveEncoder(choice, { depth, outputStride }));
  const decoder = decoderOptions(family, args);
  const upsampling =
    wholeNumber(args, 'upsampling') ??
    family.referenceUpsampling ??
    family.upsampling(facts, family.resolve(facts, decoder));
  return {
    architecture,
    encoder: choice,
    encoderDepth: depth,
    encoderOutputStride: outputStride,
    decoder,
    classes: wholeNumber(args, 'classes') ?? 1,
    activation: activationFromReference(args['activation']),
    upsampling,
    classificationHead: classificationHead(args['aux_params']),
  } as SegmentationOptions;
}

/** DeepLabV3's decoder was a list before version 0.5. */
const formerDeepLabNames: readonly RenameRule[] = [
  ['decoder.0.', 'decoder.aspp.'],
  ['decoder.1.', 'decoder.conv.'],
  ['decoder.2.', 'decoder.bn.'],
];

/** The family of these checkpoints; `create` builds the model. */
export function smpFamily(create: (options: SegmentationOptions) => SegmentationModel): ModelFamily<SegmentationModel> {
  return {
    modelType: 'segmentation_models.pytorch',
    matches: (config) => readReference(config) !== null,
    build: (config, checkpoint) => create(options(config, checkpoint)),
    rename: (config) => (readReference(config)?.architecture === 'deeplabv3' ? formerDeepLabNames : []),
    // the reference keeps the stages beyond the encoder's depth, which nothing uses
    ignore: (config) => {
      const { architecture, args } = readReference(config)!;
      const depth = encoderDepth(architecture, args);
      return [1, 2, 3, 4].filter((stage) => stage >= depth).map((stage) => new RegExp(`^encoder\\.layer${stage}\\.`));
    },
  };
}
