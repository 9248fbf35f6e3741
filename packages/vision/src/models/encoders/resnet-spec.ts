/**
 * ResNet family as data.
 *
 * He et al. 2015, Deep Residual Learning (arXiv 1512.03385); Xie et al. 2016, ResNeXt (arXiv 1611.05431); Zagoruyko and Komodakis
 * 2016, Wide Residual Networks (arXiv 1605.07146). Names and layout of torchvision (BSD-3-Clause), which
 * segmentation_models.pytorch (MIT) shares; written anew.
 */
import { check } from '@hourglass/core';

export type ResNetBlock = 'basic' | 'bottleneck';

/** One stage: its blocks, the channels inside a block and those of its result. */
export interface ResNetStage {
  readonly blocks: number;
  readonly width: number;
  readonly channels: number;
}

/** Widths and depths of a ResNet. */
export interface ResNetSpec {
  readonly block: ResNetBlock;
  /** Channels after the first convolution. */
  readonly stem: number;
  /** Up to four; strides 4, 8, 16, 32. */
  readonly stages: readonly ResNetStage[];
  /** Groups of the inner 3×3 convolution of bottlenecks. */
  readonly groups: number;
}

export interface ResNetShape {
  /** Blocks in each stage. */
  readonly layers: readonly number[];
  /** Base width of each stage; 64, 128, 256, 512 by default. */
  readonly planes?: readonly number[];
  readonly stem?: number;
  readonly groups?: number;
  readonly widthPerGroup?: number;
}

/** The specification for torchvision's way of naming a variant. */
export function resnetSpec(block: ResNetBlock, shape: ResNetShape): ResNetSpec {
  const { layers, planes = [64, 128, 256, 512], stem = 64, groups = 1, widthPerGroup = 64 } = shape;
  check(layers.length > 0 && layers.length <= planes.length, () => `a ResNet has 1 to ${planes.length} stages`);
  check(
    block === 'bottleneck' || (groups === 1 && widthPerGroup === 64),
    'only bottleneck ResNets have groups or another width per group',
  );
  const stages = layers.map((blocks, i) => {
    const plane = planes[i]!;
    return block === 'basic'
      ? { blocks, width: plane, channels: plane }
      : { blocks, width: Math.floor((plane * widthPerGroup) / 64) * groups, channels: 4 * plane };
  });
  return { block, stem, stages, groups };
}

/** The variants with public checkpoints. */
export const resnetVariants = {
  resnet18: resnetSpec('basic', { layers: [2, 2, 2, 2] }),
  resnet34: resnetSpec('basic', { layers: [3, 4, 6, 3] }),
  resnet50: resnetSpec('bottleneck', { layers: [3, 4, 6, 3] }),
  resnet101: resnetSpec('bottleneck', { layers: [3, 4, 23, 3] }),
  resnet152: resnetSpec('bottleneck', { layers: [3, 8, 36, 3] }),
  resnext50_32x4d: resnetSpec('bottleneck', { layers: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 }),
  resnext101_32x4d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 4 }),
  resnext101_32x8d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 }),
  resnext101_32x16d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 16 }),
  resnext101_32x32d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 32 }),
  resnext101_32x48d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 48 }),
  resnext101_64x4d: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], groups: 64, widthPerGroup: 4 }),
  wide_resnet50_2: resnetSpec('bottleneck', { layers: [3, 4, 6, 3], widthPerGroup: 128 }),
  wide_resnet101_2: resnetSpec('bottleneck', { layers: [3, 4, 23, 3], widthPerGroup: 128 }),
} as const satisfies Readonly<Record<string, ResNetSpec>>;

export type ResNetVariant = keyof typeof resnetVariants;

/** How the first and the other blocks of a stage stride and dilate. */
export interface StagePlan {
  readonly stride: number;
  readonly firstDilation: number;
  readonly dilation: number;
  readonly downsample: boolean;
  /** Of the stage's result. */
  readonly outputStride: number;
}

/** Strides traded for dilation. */
export type Dilation =
  /** segmentation_models.pytorch: every block of a stage beyond this stride is dilated. 8, 16 or 32. */
  | { readonly outputStride: number }
  /** torchvision: for stages 2, 3 and 4; the first block of a stage keeps the dilation of the stage before. */
  | { readonly replaceStrideWithDilation: readonly boolean[] };

/** Plans every stage of `spec`. @throws InvalidArgumentError for an output stride other than 8, 16 or 32. */
export function planStages(spec: ResNetSpec, mode: Dilation): StagePlan[] {
  if ('outputStride' in mode) {
    check(
      [8, 16, 32].includes(mode.outputStride),
      () => `a ResNet's output stride is 8, 16 or 32, got ${mode.outputStride}`,
    );
  }
  let dilation = 1;
  let reached = 4;
  return spec.stages.map(({ channels }, i) => {
    const nominal = i === 0 ? 1 : 2;
    const widens = channels !== (i === 0 ? spec.stem : spec.stages[i - 1]!.channels);
    if ('outputStride' in mode) {
      const stageStride = 4 * 2 ** i;
      const rate = Math.max(1, stageStride / mode.outputStride);
      reached = Math.min(stageStride, mode.outputStride);
      return {
        stride: rate > 1 ? 1 : nominal,
        firstDilation: rate,
        dilation: rate,
        downsample: nominal !== 1 || widens,
        outputStride: reached,
      };
    }
    const before = dilation;
    const dilate = i > 0 && (mode.replaceStrideWithDilation[i - 1] ?? false);
    if (dilate) dilation *= nominal;
    const stride = dilate ? 1 : nominal;
    reached *= stride;
    return { stride, firstDilation: before, dilation, downsample: stride !== 1 || widens, outputStride: reached };
  });
}
