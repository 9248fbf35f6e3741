import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, type kernels } from '@hourglass/core';

/** One axis of a convolution. */
export interface LayerAxis {
  readonly in: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first element; less than 0: so many elements are left out. */
  readonly before: number;
}

/** A convolution of x [batch, …in, channels] with filter [...kernel, channelsIn / groups, channelsOut]. */
export interface Layer {
  readonly batch: number;
  readonly groups: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  /** Up to three; what is missing stands in front. */
  readonly axes: readonly LayerAxis[];
  /** The filter's shape, which may have the last two axes as [channelsIn, channelsOut / channelsIn] where groups = channelsIn. */
  readonly filter: readonly number[];
}

const single: LayerAxis = { in: 1, out: 1, kernel: 1, stride: 1, dilation: 1, before: 0 };

/** A layer as the C++ kernels want it: `layer_at` in cpp/convolution/geometry.h. */
export function numbersOf(layer: Layer): number[] {
  const { batch, groups, channelsIn, channelsOut, axes } = layer;
  const all = [single, single, single, ...axes].slice(-3);
  return [
    batch,
    groups,
    channelsIn,
    channelsOut,
    ...all.flatMap((axis) => [axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.before]),
  ];
}

/** The shapes of what a layer reads and writes, beside its filter. */
export function shapesOf({ batch, channelsIn, channelsOut, axes }: Layer): { x: number[]; y: number[] } {
  return {
    x: [batch, ...axes.map((axis) => axis.in), channelsIn],
    y: [batch, ...axes.map((axis) => axis.out), channelsOut],
  };
}

export function checkShape(kernel: string, name: string, info: tf.TensorInfo, shape: readonly number[]): void {
  if (info.shape.length === shape.length && info.shape.every((size, axis) => size === shape[axis])) return;
  throw new InvalidArgumentError(
    `${kernel}: ${name} has shape [${info.shape.join(', ')}], the other arguments want [${shape.join(', ')}]`,
  );
}

/** A convolution's attributes in TFJS; those of some gradients know no dilation. */
export interface Attributes {
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | number[];
  readonly dataFormat?: string;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

/** Height and width, which pictures and volumes have alike. */
function planeAxes(info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo): LayerAxis[] {
  return [
    {
      in: info.inHeight,
      out: info.outHeight,
      kernel: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: info.padInfo.top,
    },
    {
      in: info.inWidth,
      out: info.outWidth,
      kernel: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      before: info.padInfo.left,
    },
  ];
}

/** A 2-D convolution, or null when its pictures are not [batch, height, width, channels]. */
export function layer2d(
  x: readonly number[],
  filter: readonly number[],
  attrs: Attributes,
  depthwise = false,
): Layer | null {
  const { strides, pad, dilations = 1, dataFormat = 'NHWC', dimRoundingMode } = attrs;
  if (dataFormat !== 'NHWC' || x.length !== 4 || filter.length !== 4) return null;
  const info = tf.backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    strides as number,
    dilations as number,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return {
    batch: info.batchSize,
    groups: depthwise ? Math.max(1, filter[2]!) : 1,
    channelsIn: filter[2]!,
    channelsOut: info.outChannels,
    filter,
    axes: planeAxes(info),
  };
}

/** {@link layer2d} of volumes. */
export function layer3d(x: readonly number[], filter: readonly number[], attrs: Attributes): Layer | null {
  const { strides, pad, dilations = 1, dataFormat = 'NDHWC', dimRoundingMode } = attrs;
  if (dataFormat !== 'NDHWC' || x.length !== 5 || filter.length !== 5) return null;
  const info = tf.backend_util.computeConv3DInfo(
    x as Shape5,
    filter as Shape5,
    strides as number,
    dilations as number,
    pad as 'valid' | 'same' | number,
    false,
    'channelsLast',
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    groups: 1,
    channelsIn: filter[3]!,
    channelsOut: info.outChannels,
    filter,
    axes: [
      {
        in: info.inDepth,
        out: info.outDepth,
        kernel: info.filterDepth,
        stride: info.strideDepth,
        dilation: info.dilationDepth,
        before: info.padInfo.front,
      },
      ...planeAxes(info),
    ],
  };
}

/** A layer of core's own kernels. Outputs along an axis that are left out are as many as there are. */
export function layerOf(
  batch: number,
  sizes: readonly number[],
  filter: readonly number[],
  { stride, dilation, padding, groups }: kernels.ConvolutionGeometry,
  outputSizes?: readonly number[],
): Layer | null {
  const axes = sizes.length;
  if (![filter.length - 2, stride.length, dilation.length, padding.length].every((n) => n === axes) || axes > 3)
    return null;
  return {
    batch,
    groups,
    channelsIn: filter[axes]! * groups,
    channelsOut: filter[axes + 1]!,
    filter,
    axes: sizes.map((size, axis) => {
      const [before, after] = padding[axis]!;
      const extent = dilation[axis]! * (filter[axis]! - 1) + 1;
      const out = outputSizes?.[axis] ?? Math.floor((size + before + after - extent) / stride[axis]!) + 1;
      return { in: size, out, kernel: filter[axis]!, stride: stride[axis]!, dilation: dilation[axis]!, before };
    }),
  };
}

/** Whether a layer makes sense: sizes of at least 1 where C++ divides by them, and none negative. */
export function isSound({ batch, groups, channelsIn, channelsOut, axes }: Layer): boolean {
  const whole = (least: number, ...sizes: number[]): boolean =>
    sizes.every((n) => Number.isSafeInteger(n) && n >= least);
  return (
    whole(0, batch, channelsIn, channelsOut) &&
    whole(1, groups) &&
    channelsIn % groups === 0 &&
    channelsOut % groups === 0 &&
    axes.every(
      (axis) =>
        whole(0, axis.in, axis.out, axis.kernel) &&
        whole(1, axis.stride, axis.dilation) &&
        Number.isSafeInteger(axis.before),
    )
  );
}
