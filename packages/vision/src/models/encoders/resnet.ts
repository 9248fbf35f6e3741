import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  check,
  Conv2d,
  Linear,
  MaxPool2d,
  Module,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import { initialiseResNet } from '../../layers/initialise.js';
import type { Encoder } from './encoder.js';
import { BasicBlock, Bottleneck } from './resnet-blocks.js';
import { planStages, type Dilation, type ResNetSpec, type StagePlan } from './resnet-spec.js';

export interface ResNetOptions {
  readonly inChannels?: number;
  /** Default: strides up to 32, no dilation. */
  readonly dilation?: Dilation;
  readonly generator?: Generator | undefined;
}

const stageNames = ['layer1', 'layer2', 'layer3', 'layer4'] as const;

/** Stem and stages of a ResNet, named `conv1`, `bn1`, `layer1` … `layer4` as in public checkpoints. */
export class ResNetTrunk extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly maxpool = new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 });
  readonly layer1?: Sequential;
  readonly layer2?: Sequential;
  readonly layer3?: Sequential;
  readonly layer4?: Sequential;
  readonly #stages: readonly Sequential[];
  readonly inChannels: number;
  readonly spec: ResNetSpec;
  readonly #plan: readonly StagePlan[];

  constructor(spec: ResNetSpec, options: ResNetOptions = {}) {
    super();
    const { inChannels = 3, dilation = { outputStride: 32 }, generator } = options;
    check(spec.stages.length <= stageNames.length, 'a ResNet has at most four stages');
    this.inChannels = inChannels;
    this.spec = spec;
    this.#plan = planStages(spec, dilation);
    const shared = generator && { generator };
    this.conv1 = new Conv2d(inChannels, spec.stem, { kernelSize: 7, stride: 2, padding: 3, bias: false, ...shared });
    this.bn1 = new BatchNorm2d(spec.stem);
    this.#stages = spec.stages.map((_, i) => buildStage(spec, i, this.#plan[i]!, generator));
    this.#stages.forEach((stage, i) => Object.assign(this, { [stageNames[i]!]: stage }));
    initialiseResNet(this, generator);
  }

  /** Channels after the stem and after each stage. */
  get stageChannels(): number[] {
    return [this.spec.stem, ...this.spec.stages.map(({ channels }) => channels)];
  }

  /** Strides of the stem and of each stage. */
  get stageStrides(): number[] {
    return [2, ...this.#plan.map(({ outputStride }) => outputStride)];
  }

  /** Result of the stem at stride 2, then of every stage. The input is [N, H, W, inChannels]. */
  stages(x: tf.Tensor): tf.Tensor[] {
    checkPicture(x, this.inChannels);
    return scope(() => {
      const results = [this.bn1.forward(this.conv1.forward(x), 'relu')];
      let y = results[0]!;
      this.#stages.forEach((stage, i) => {
        y = stage.forward(i === 0 ? this.maxpool.forward(y) : y);
        results.push(y);
      });
      return results;
    });
  }
}

/** @throws InvalidArgumentError unless x is [N, H, W, channels]. */
export function checkPicture(x: tf.Tensor, channels: number): void {
  check(
    x.rank === 4 && x.shape[3] === channels,
    () => `expected pictures of shape [N, H, W, ${channels}], got [${x.shape.join(', ')}]`,
  );
}

function buildStage(spec: ResNetSpec, index: number, plan: StagePlan, generator: Generator | undefined): Sequential {
  const { blocks, width, channels } = spec.stages[index]!;
  const before = index === 0 ? spec.stem : spec.stages[index - 1]!.channels;
  const Block = spec.block === 'basic' ? BasicBlock : Bottleneck;
  return new Sequential(
    ...Array.from({ length: blocks }, (_, i) => {
      const first = i === 0;
      return new Block(first ? before : channels, {
        width,
        channels,
        stride: first ? plan.stride : 1,
        dilation: first ? plan.firstDilation : plan.dilation,
        groups: spec.groups,
        downsample: first && plan.downsample,
        generator,
      });
    }),
  );
}

/** A ResNet as encoder: the input, the stem at stride 2 and each stage. Stages beyond the wanted depth are not built. */
export class ResNetEncoder extends ResNetTrunk implements Encoder {
  readonly outChannels: readonly number[];
  readonly strides: readonly number[];
  readonly outputStride: number;
  readonly startsWithInput = true;

  constructor(spec: ResNetSpec, options: ResNetOptions = {}) {
    super(spec, options);
    this.outChannels = [this.inChannels, ...this.stageChannels];
    this.strides = [1, ...this.stageStrides];
    this.outputStride = this.strides.at(-1)!;
  }

  forward(x: tf.Tensor): tf.Tensor[] {
    // a clone, so that every feature may be disposed alike
    return scope(() => [tf.clone(x), ...this.stages(x)]);
  }
}

/** A ResNet as classifier: mean over all positions, then `fc`. [N, H, W, inChannels] to logits [N, classes]. */
export class ResNetClassifier extends ResNetTrunk {
  readonly avgpool = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(spec: ResNetSpec, classes: number, options: ResNetOptions = {}) {
    super(spec, options);
    const { generator } = options;
    this.fc = new Linear(this.stageChannels.at(-1)!, classes, generator && { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const pooled = this.avgpool.forward(this.stages(x).at(-1)!);
      return this.fc.forward(tf.reshape(pooled, [pooled.shape[0]!, -1]));
    });
  }
}
