import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { depthwiseKernel } from '../host/depthwise.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';

const fields = {
  count: 'u32',
  batch: 'i32',
  height: 'i32',
  width: 'i32',
  channels: 'i32',
  multiplier: 'i32',
  tall: 'i32',
  wide: 'i32',
  filter_height: 'i32',
  filter_width: 'i32',
  stride_height: 'i32',
  stride_width: 'i32',
  dilation_height: 'i32',
  dilation_width: 'i32',
  top: 'i32',
  left: 'i32',
} as const;

/** An input gets from every output that it took part in, through the tap that brought it there. */
const ofInput: Shader = {
  name: 'depthwise-input-gradient',
  workgroup: threads,
  uniforms: fields,
  code: forEach(`
  var rest = i32(i);
  let c = rest % uniforms.channels; rest /= uniforms.channels;
  let w = rest % uniforms.width; rest /= uniforms.width;
  let h = rest % uniforms.height;
  let n = rest / uniforms.height;
  var sum = 0.0;
  for (var p = 0; p < uniforms.filter_height; p++) {
    let y = h + uniforms.top - p * uniforms.dilation_height;
    if (y < 0 || y % uniforms.stride_height != 0 || y / uniforms.stride_height >= uniforms.tall) { continue; }
    for (var q = 0; q < uniforms.filter_width; q++) {
      let x = w + uniforms.left - q * uniforms.dilation_width;
      if (x < 0 || x % uniforms.stride_width != 0 || x / uniforms.stride_width >= uniforms.wide) { continue; }
      let from_ = (((n * uniforms.tall + y / uniforms.stride_height) * uniforms.wide + x / uniforms.stride_width) * uniforms.channels + c) * uniforms.multiplier;
      let tap = ((p * uniforms.filter_width + q) * uniforms.channels + c) * uniforms.multiplier;
      for (var m = 0; m < uniforms.multiplier; m++) { sum += dy[from_ + m] * weights[tap + m]; }
    }
  }
  dx[i] = sum;`),
};

const together = 64;

/** A workgroup for each element of the filter, whose invocations share the outputs among them. */
const ofFilter: Shader = {
  name: 'depthwise-filter-gradient',
  workgroup: together,
  uniforms: fields,
  code: `
var<workgroup> parts: array<f32, ${together}>;
fn compute(group: vec3u, local: u32) {
  var rest = i32(group.x);
  let m = rest % uniforms.multiplier; rest /= uniforms.multiplier;
  let c = rest % uniforms.channels; rest /= uniforms.channels;
  let q = rest % uniforms.filter_width;
  let p = rest / uniforms.filter_width;
  var sum = 0.0;
  for (var at = i32(local); at < uniforms.batch * uniforms.tall * uniforms.wide; at += ${together}) {
    let h = at / uniforms.wide % uniforms.tall * uniforms.stride_height + p * uniforms.dilation_height - uniforms.top;
    let w = at % uniforms.wide * uniforms.stride_width + q * uniforms.dilation_width - uniforms.left;
    if (h < 0 || h >= uniforms.height || w < 0 || w >= uniforms.width) { continue; }
    let n = at / uniforms.wide / uniforms.tall;
    sum += x[((n * uniforms.height + h) * uniforms.width + w) * uniforms.channels + c]
      * dy[(at * uniforms.channels + c) * uniforms.multiplier + m];
  }
  parts[local] = sum;
  workgroupBarrier();
  for (var half = ${together / 2}u; half > 0u; half /= 2u) {
    if (local < half) { parts[local] += parts[local + half]; }
    workgroupBarrier();
  }
  if (local == 0u) { dw[group.x] = parts[0]; }
}`,
};

interface WindowAttrs {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function uniformsOf(inputShape: readonly number[], filterShape: readonly number[], attrs: WindowAttrs) {
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    true,
  );
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    multiplier: filterShape[3]!,
    tall: info.outHeight,
    wide: info.outWidth,
    filter_height: info.filterHeight,
    filter_width: info.filterWidth,
    stride_height: info.strideHeight,
    stride_width: info.strideWidth,
    dilation_height: info.dilationHeight,
    dilation_width: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** Gradients of depthwise convolutions, of which TFJS's ignore dilations, and the convolution that has them beside strides. */
export const depthwiseOnGpu: readonly Composition[] = [
  depthwiseKernel,
  gpuKernel<tf.DepthwiseConv2dNativeBackpropInputAttrs>(
    tf.DepthwiseConv2dNativeBackpropInput,
    ({ dy, filter }, { inputShape, ...attrs }, gpu) => {
      const dx = gpu.allocate(inputShape);
      const count = tf.util.sizeFromShape(inputShape);
      gpu.run(ofInput, {
        inputs: { dy: dy!, weights: filter! },
        outputs: { dx },
        uniforms: { ...uniformsOf(inputShape, filter!.shape, attrs as WindowAttrs), count },
        groups: groupsFor(count),
      });
      return dx;
    },
  ),
  gpuKernel<tf.DepthwiseConv2dNativeBackpropFilterAttrs>(
    tf.DepthwiseConv2dNativeBackpropFilter,
    ({ x, dy }, { filterShape, ...attrs }, gpu) => {
      const dw = gpu.allocate(filterShape);
      const count = tf.util.sizeFromShape(filterShape);
      gpu.run(ofFilter, {
        inputs: { x: x!, dy: dy! },
        outputs: { dw },
        uniforms: { ...uniformsOf(x!.shape, filterShape, attrs as WindowAttrs), count },
        groups: [count],
      });
      return dw;
    },
  ),
];
