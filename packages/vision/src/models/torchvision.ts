/**
 * FCN and DeepLabV3 as torchvision has them (BSD-3-Clause, https://github.com/pytorch/vision): a dilated ResNet `backbone`, a
 * `classifier` on its last stage, an `aux_classifier` on the third, scores enlarged to the input's size. Long et al. 2015 (arXiv
 * 1411.4038), Chen et al. 2017 (arXiv 1706.05587). Written anew.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm2d,
  check,
  CheckpointError,
  ConfiguredModel,
  Conv2d,
  Dropout,
  functional,
  loadPretrained,
  ownFamily,
  ReLU,
  scope,
  Sequential,
  type Checkpoint,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { ASPP } from '../layers/aspp.js';
import { inferResNet } from './encoders/infer-resnet.js';
import { resnetSpec, type ResNetSpec } from './encoders/resnet-spec.js';
import { ResNetClassifier, ResNetTrunk } from './encoders/resnet.js';

/** One 3×3 convolution to `channels`, norm, ReLU, dropout, 1×1 to the classes. */
export class TorchvisionFCNHead extends Sequential {
  constructor(inChannels: number, classes: number, channels = Math.floor(inChannels / 4), generator?: Generator) {
    const shared = generator && { generator };
    super(
      new Conv2d(inChannels, channels, { kernelSize: 3, padding: 1, bias: false, ...shared }),
      new BatchNorm2d(channels),
      new ReLU(),
      new Dropout(0.1, shared),
      new Conv2d(channels, classes, { kernelSize: 1, ...shared }),
    );
  }
}

/** The atrous pyramid, a 3×3 convolution, 1×1 to the classes. */
export class TorchvisionDeepLabHead extends Sequential {
  constructor(
    inChannels: number,
    classes: number,
    options: { channels: number; atrousRates: readonly number[]; generator?: Generator | undefined },
  ) {
    const { channels, atrousRates, generator } = options;
    const shared = generator && { generator };
    super(
      new ASPP(inChannels, channels, { atrousRates, generator }),
      new Conv2d(channels, channels, { kernelSize: 3, padding: 1, bias: false, ...shared }),
      new BatchNorm2d(channels),
      new ReLU(),
      new Conv2d(channels, classes, { kernelSize: 1, ...shared }),
    );
  }
}

/** Plain data, kept in config.json. */
export interface TorchvisionSegmentationConfig {
  readonly head: 'fcn' | 'deeplabv3';
  readonly backbone: ResNetSpec;
  readonly inChannels: number;
  /** For stages 2, 3 and 4. */
  readonly replaceStrideWithDilation: readonly boolean[];
  readonly classes: number;
  /** Channels inside the head; FCN: a quarter of the backbone's, DeepLabV3: 256. */
  readonly headChannels: number;
  /** Of the auxiliary head; null for none. */
  readonly auxChannels: number | null;
  /** DeepLabV3 only. */
  readonly atrousRates: readonly number[];
}

export class TorchvisionSegmentationModel extends ConfiguredModel<TorchvisionSegmentationConfig> {
  protected override readonly modelType = modelType;
  override readonly config: TorchvisionSegmentationConfig;
  readonly backbone: ResNetTrunk;
  readonly classifier: Sequential;
  readonly aux_classifier?: TorchvisionFCNHead;

  constructor(config: TorchvisionSegmentationConfig, generator?: Generator) {
    super();
    const { head, backbone, inChannels, replaceStrideWithDilation, classes, headChannels, auxChannels } = config;
    check(head === 'fcn' || head === 'deeplabv3', `head must be 'fcn' or 'deeplabv3', got ${JSON.stringify(head)}`);
    check(backbone.stages.length === 4, 'the backbone must have four stages');
    this.config = config;
    this.backbone = new ResNetTrunk(backbone, { inChannels, dilation: { replaceStrideWithDilation }, generator });
    const [third, last] = this.backbone.stageChannels.slice(-2) as [number, number];
    this.classifier =
      head === 'fcn'
        ? new TorchvisionFCNHead(last, classes, headChannels, generator)
        : new TorchvisionDeepLabHead(last, classes, {
            channels: headChannels,
            atrousRates: config.atrousRates,
            generator,
          });
    if (auxChannels !== null) this.aux_classifier = new TorchvisionFCNHead(third, classes, auxChannels, generator);
  }

  /** Loads a checkpoint of torchvision's state dict (as safetensors) or of this library. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<TorchvisionSegmentationModel> {
    return loadPretrained(source, torchvisionSegmentationFamilies, options);
  }

  /** Normalised pictures [N, H, W, inChannels] of any size to logits [N, H, W, classes]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.outputs(x).out);
  }

  /** Logits of the classifier and, where there is one, of the auxiliary classifier. */
  outputs(x: tf.Tensor): { readonly out: tf.Tensor; readonly aux?: tf.Tensor } {
    return scope(() => {
      const [third, last] = this.backbone.stages(x).slice(-2) as [tf.Tensor, tf.Tensor];
      const enlarge = (y: tf.Tensor): tf.Tensor =>
        functional.interpolate(y, { size: [x.shape[1]!, x.shape[2]!], mode: 'bilinear', alignCorners: false });
      const out = enlarge(this.classifier.forward(last));
      return this.aux_classifier === undefined ? { out } : { out, aux: enlarge(this.aux_classifier.forward(third)) };
    });
  }
}

const modelType = 'hourglass-torchvision-segmentation';

/** torchvision's arguments, where a configuration has them. */
function args(config: Config): Readonly<Record<string, unknown>> {
  return (config['args'] ?? config) as Readonly<Record<string, unknown>>;
}

function infer(config: Config, { tensors: { specs }, where }: Checkpoint): TorchvisionSegmentationConfig {
  const width = (name: string): number => {
    const spec = specs.get(name);
    if (spec === undefined)
      throw new CheckpointError(`${where}: there is no tensor '${name}', so this is no torchvision FCN or DeepLabV3`);
    return spec.shape[0]!;
  };
  const { spec, inChannels } = inferResNet(specs, 'backbone.');
  const deeplab = specs.has('classifier.0.convs.0.0.weight');
  const { replace_stride_with_dilation: replaced, atrous_rates: rates } = args(config);
  return {
    head: deeplab ? 'deeplabv3' : 'fcn',
    backbone: spec,
    inChannels,
    replaceStrideWithDilation: (replaced as boolean[] | null | undefined) ?? [false, true, true],
    classes: width('classifier.4.weight'),
    headChannels: width(deeplab ? 'classifier.1.weight' : 'classifier.0.weight'),
    auxChannels: specs.has('aux_classifier.0.weight') ? width('aux_classifier.0.weight') : null,
    atrousRates: (rates as number[] | null | undefined) ?? [12, 24, 36],
  };
}

const segmentationClass = /segmentation.*\b(FCN|DeepLabV3)\b/;

export const torchvisionSegmentationFamilies: ReadonlyArray<ModelFamily<TorchvisionSegmentationModel>> = [
  ownFamily(modelType, (config: TorchvisionSegmentationConfig) => new TorchvisionSegmentationModel(config)),
  {
    modelType: 'torchvision FCN and DeepLabV3',
    matches: ({ library, class: name }) =>
      library === 'torchvision' && typeof name === 'string' && segmentationClass.test(name),
    build: (config, checkpoint) => new TorchvisionSegmentationModel(infer(config, checkpoint)),
  },
];

/** ResNets with a classifier, as torchvision's state dicts have them; widths and depths are read from the tensors. */
export const torchvisionResNetFamily: ModelFamily<ResNetClassifier> = {
  modelType: 'torchvision ResNet',
  matches: ({ library, class: name }) =>
    library === 'torchvision' &&
    typeof name === 'string' &&
    /res-?ne(x)?t/i.test(name) &&
    !segmentationClass.test(name),
  build: (config, { tensors: { specs }, where }) => {
    const { spec, inChannels } = inferResNet(specs, '');
    const head = specs.get('fc.weight');
    if (head === undefined)
      throw new CheckpointError(`${where}: there is no tensor 'fc.weight', so this is no classifier`);
    const replaced = args(config)['replace_stride_with_dilation'] as boolean[] | null | undefined;
    return new ResNetClassifier(spec, head.shape[0]!, {
      inChannels,
      dilation: { replaceStrideWithDilation: replaced ?? [] },
    });
  },
};

/** The widths of torchvision's `fcn_resnet50` and `deeplabv3_resnet50` (or with 101 layers), for `classes` classes. */
export function torchvisionSegmentationConfig(
  head: TorchvisionSegmentationConfig['head'],
  options: { classes: number; layers?: readonly number[]; aux?: boolean },
): TorchvisionSegmentationConfig {
  const { classes, layers = [3, 4, 6, 3], aux = false } = options;
  return {
    head,
    backbone: resnetSpec('bottleneck', { layers }),
    inChannels: 3,
    replaceStrideWithDilation: [false, true, true],
    classes,
    headChannels: head === 'fcn' ? 512 : 256,
    auxChannels: aux ? 256 : null,
    atrousRates: [12, 24, 36],
  };
}
