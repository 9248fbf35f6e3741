import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel, type Gpu } from '../../webgpu/kernel.js';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { columnLanes, columnSum } from '../../webgpu/snippets/column-sum.js';
import { FixedNorm, FixedNormGrad, GroupedNorm, GroupedNormGrad } from './spec.js';

/*
 * x is [batch, positions, channels]. Sums over positions are taken in two levels: a workgroup adds up a block of positions for a few
 * neighbouring channels, and the blocks, about as many as each has positions, are then combined.
 */

const threads = 64;

/** Means of a block and the sums of squared distances from them: exact however far the numbers are from zero. */
const blockMoments: Shader = {
  name: 'grouped-norm-blocks',
  workgroup: threads,
  uniforms: { positions: 'u32', channels: 'u32', block: 'u32', blocks: 'u32', lanes: 'u32' },
  code: `${columnSum(threads)}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * uniforms.lanes + local % uniforms.lanes;
  let first = group.y * uniforms.block;
  let end = min(first + uniforms.block, uniforms.positions);
  let inside = channel < uniforms.channels;
  let start = group.z * uniforms.positions * uniforms.channels + select(0u, channel, inside);
  let start_row = first + local / uniforms.lanes;
  let step = ${threads}u / uniforms.lanes;
  let near = x[start + first * uniforms.channels];
  var total = 0.0;
  for (var p = start_row; p < end; p += step) { total += x[start + p * uniforms.channels] - near; }
  let mean = near + sum_of_column(total, local, uniforms.lanes) / f32(end - first);
  total = 0.0;
  for (var p = start_row; p < end; p += step) {
    let centred = x[start + p * uniforms.channels] - mean;
    total += centred * centred;
  }
  let sum = sum_of_column(total, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    let at = (group.z * uniforms.blocks + group.y) * uniforms.channels + channel;
    means[at] = mean;
    squares[at] = sum;
  }
}`,
};

/** A workgroup for each batch entry and group combines the blocks of its channels. */
const combineMoments: Shader = {
  name: 'grouped-norm-moments',
  workgroup: threads,
  uniforms: { positions: 'u32', channels: 'u32', block: 'u32', blocks: 'u32', groups: 'u32' },
  code: `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  let size = uniforms.channels / uniforms.groups;
  let start = group.y * uniforms.blocks * uniforms.channels + group.x * size;
  let items = uniforms.blocks * size;
  let count = f32(uniforms.positions) * f32(size);
  let near = means[start];
  var total = 0.0;
  for (var i = local; i < items; i += ${threads}u) {
    let number = i / size;
    let rows = f32(min(uniforms.block, uniforms.positions - number * uniforms.block));
    total += rows * (means[start + number * uniforms.channels + i % size] - near);
  }
  let middle = near + sum_of_group(total, local) / count;
  total = 0.0;
  for (var i = local; i < items; i += ${threads}u) {
    let number = i / size;
    let rows = f32(min(uniforms.block, uniforms.positions - number * uniforms.block));
    let at = start + number * uniforms.channels + i % size;
    let away = means[at] - middle;
    total += squares[at] + rows * away * away;
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    let at = group.y * uniforms.groups + group.x;
    mean[at] = middle;
    variance[at] = sum / count;
  }
}`,
};

type Affine = { WEIGHT: boolean; BIAS: boolean; RELU: boolean };

/** WGSL that declares `normed` and, with `rectified`, the result `value` of element `i` of channel `c` in group `g`. */
const normalise = ({ WEIGHT, BIAS }: Affine): string => `
    let inverse = 1.0 / sqrt(variance[g] + uniforms.eps);
    let normed = (x[i] - mean[g]) * inverse;
    let value = normed${WEIGHT ? ' * weight[c]' : ''}${BIAS ? ' + bias[c]' : ''};`;

/** WGSL that declares the channel and the group of element `i`. */
const place = `
  let c = i % uniforms.channels;
  let g = i / uniforms.per_entry * uniforms.groups + c / (uniforms.channels / uniforms.groups);`;
const ofPlace = { per_entry: 'u32', channels: 'u32', groups: 'u32', eps: 'f32' } as const;

const forward = elementwiseShader<Affine>({
  name: 'grouped-norm',
  uniforms: ofPlace,
  body: (constants) => `${place}
  ${normalise(constants)}
  y[i] = ${constants.RELU ? 'select(value, 0.0, value < 0.0)' : 'value'};`,
});

/** WGSL that declares `upstream`, what of dy comes through the rectifier. */
const upstream = ({ RELU }: Affine): string => `let upstream = ${RELU ? 'select(0.0, dy[i], value > 0.0)' : 'dy[i]'};`;

/** Sums of the gradient, and of the gradient times the normalised x, over a block. */
const blockSums: Shader<Affine> = {
  name: 'grouped-norm-grad-blocks',
  workgroup: threads,
  uniforms: {
    positions: 'u32',
    channels: 'u32',
    groups: 'u32',
    block: 'u32',
    blocks: 'u32',
    lanes: 'u32',
    eps: 'f32',
  },
  code: (constants) => `${columnSum(threads)}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * uniforms.lanes + local % uniforms.lanes;
  let first = group.y * uniforms.block;
  let end = min(first + uniforms.block, uniforms.positions);
  let inside = channel < uniforms.channels;
  let c = select(0u, channel, inside);
  let g = group.z * uniforms.groups + c / (uniforms.channels / uniforms.groups);
  let start = group.z * uniforms.positions * uniforms.channels + c;
  var total = 0.0;
  var along = 0.0;
  for (var p = first + local / uniforms.lanes; p < end; p += ${threads}u / uniforms.lanes) {
    let i = start + p * uniforms.channels;
    ${normalise(constants)}
    ${upstream(constants)}
    total += upstream;
    along += upstream * normed;
  }
  let sum = sum_of_column(total, local, uniforms.lanes);
  let sum_along = sum_of_column(along, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    let at = (group.z * uniforms.blocks + group.y) * uniforms.channels + channel;
    sums[at] = sum;
    projections[at] = sum_along;
  }
}`,
};

/** Adds up `count` lines of `width` numbers each: of blocks for each entry's channels, of entries for the channels. */
const addLines: Shader = {
  name: 'grouped-norm-grad-lines',
  workgroup: threads,
  uniforms: { count: 'u32', width: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let column = group.x * ${threads}u + local;
  if (column >= uniforms.width) { return; }
  let start = group.y * uniforms.count * uniforms.width + column;
  var sum = 0.0;
  var sum_along = 0.0;
  for (var i = 0u; i < uniforms.count; i++) {
    sum += sums[start + i * uniforms.width];
    sum_along += projections[start + i * uniforms.width];
  }
  total[group.y * uniforms.width + column] = sum;
  along[group.y * uniforms.width + column] = sum_along;
}`,
};

/** For each batch entry and group the means of the weighted gradient, and of that times the normalised x. */
const groupMeans: Shader<{ WEIGHT: boolean }> = {
  name: 'grouped-norm-grad-groups',
  workgroup: threads,
  uniforms: { positions: 'u32', channels: 'u32', groups: 'u32' },
  code: ({ WEIGHT }) => `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  let size = uniforms.channels / uniforms.groups;
  let start = group.y * uniforms.channels + group.x * size;
  var sum = 0.0;
  var sum_along = 0.0;
  for (var i = local; i < size; i += ${threads}u) {
    let scale = ${WEIGHT ? 'weight[group.x * size + i]' : '1.0'};
    sum += scale * total[start + i];
    sum_along += scale * along[start + i];
  }
  let mean = sum_of_group(sum, local);
  let projection = sum_of_group(sum_along, local);
  if (local == 0u) {
    let count = f32(uniforms.positions) * f32(size);
    let at = (group.y * uniforms.groups + group.x) * 2u;
    shared_means[at] = mean / count;
    shared_means[at + 1u] = projection / count;
  }
}`,
};

/** `shared_means` are there where the statistics depend on x. */
const backward = elementwiseShader<Affine & { FIXED: boolean }>({
  name: 'grouped-norm-grad',
  uniforms: ofPlace,
  body: (constants) => `${place}
  ${normalise(constants)}
  ${upstream(constants)}
  let direct = upstream${constants.WEIGHT ? ' * weight[c]' : ''};
  dx[i] = inverse * ${constants.FIXED ? 'direct' : '(direct - shared_means[2u * g] - normed * shared_means[2u * g + 1u])'};`,
});

interface Layout {
  readonly size: number;
  readonly positions: number;
  readonly channels: number;
  /** Positions of a block. */
  readonly block: number;
  readonly blocks: number;
}

function layoutOf(x: tf.TensorInfo, batch: number): Layout {
  const size = tf.util.sizeFromShape(x.shape);
  const channels = x.shape.at(-1)!;
  const positions = size / (batch * channels);
  const block = Math.max(64, Math.ceil(Math.sqrt(positions)));
  return { size, positions, channels, block, blocks: Math.ceil(positions / block) };
}

interface Call {
  readonly x: tf.TensorInfo;
  readonly weight?: tf.TensorInfo | null | undefined;
  readonly bias?: tf.TensorInfo | null | undefined;
  readonly mean: tf.TensorInfo;
  readonly variance: tf.TensorInfo;
  readonly groups: number;
  readonly eps: number;
  readonly relu: boolean;
}

const affineOf = ({ weight, bias, relu }: Call): Affine => ({ WEIGHT: weight != null, BIAS: bias != null, RELU: relu });

function normed(gpu: Gpu, layout: Layout, call: Call): tf.TensorInfo {
  const { x, weight, bias, mean, variance, groups, eps } = call;
  const { size, positions, channels } = layout;
  const y = gpu.allocate(x.shape);
  runElementwise(gpu, forward, size, {
    inputs: { x, weight, bias, mean, variance },
    outputs: { y },
    uniforms: { per_entry: positions * channels, channels, groups, eps },
    constants: affineOf(call),
  });
  return y;
}

/** dx, dweight, dbias; `fixed` where the statistics are constants. */
function gradients(
  gpu: Gpu,
  layout: Layout,
  batch: number,
  dy: tf.TensorInfo,
  call: Call,
  fixed: boolean,
): tf.TensorInfo[] {
  const { x, weight, bias, mean, variance, groups, eps } = call;
  const { size, positions, channels, block, blocks } = layout;
  const constants = affineOf(call);
  const lanes = columnLanes(channels, threads);
  const partial = () => gpu.scratch([batch, blocks, channels]);
  const [sums, projections] = [partial(), partial()];
  gpu.run(blockSums, {
    inputs: { x, dy, weight, bias, mean, variance },
    outputs: { sums, projections },
    uniforms: { positions, channels, groups, block, blocks, lanes, eps },
    constants,
    groups: [Math.ceil(channels / lanes), blocks, batch],
  });
  const [dx, dweight, dbias] = [gpu.allocate(x.shape), gpu.allocate([channels]), gpu.allocate([channels])];
  const columns = Math.ceil(channels / threads);
  const perEntry = (of: tf.TensorInfo): tf.TensorInfo => (batch === 1 ? of : gpu.scratch([batch, channels]));
  const [total, along] = [perEntry(dbias), perEntry(dweight)];
  gpu.run(addLines, {
    inputs: { sums, projections },
    outputs: { total, along },
    uniforms: { count: blocks, width: channels },
    groups: [columns, batch],
  });
  if (batch !== 1) {
    gpu.run(addLines, {
      inputs: { sums: total, projections: along },
      outputs: { total: dbias, along: dweight },
      uniforms: { count: batch, width: channels },
      groups: [columns],
    });
  }
  let means: tf.TensorInfo | null = null;
  if (!fixed) {
    means = gpu.scratch([batch, groups, 2]);
    gpu.run(groupMeans, {
      inputs: { total, along, weight },
      outputs: { shared_means: means },
      uniforms: { positions, channels, groups },
      constants: { WEIGHT: constants.WEIGHT },
      groups: [groups, batch],
    });
  }
  runElementwise(gpu, backward, size, {
    inputs: { x, dy, weight, bias: constants.RELU ? bias : null, mean, variance, shared_means: means },
    outputs: { dx },
    uniforms: { per_entry: positions * channels, channels, groups, eps },
    constants: { ...constants, BIAS: constants.BIAS && constants.RELU, FIXED: fixed },
  });
  return [dx, dweight, dbias];
}

export const groupedNormOnGpu = webgpuKernel(GroupedNorm, ({ x, weight, bias }, { batch, groups, eps, relu }, gpu) => {
  const layout = layoutOf(x, batch);
  const { size, positions, channels, block, blocks } = layout;
  if (size === 0) return null;
  const lanes = columnLanes(channels, threads);
  const partial = () => gpu.scratch([batch, blocks, channels]);
  const [means, squares] = [partial(), partial()];
  gpu.run(blockMoments, {
    inputs: { x },
    outputs: { means, squares },
    uniforms: { positions, channels, block, blocks, lanes },
    groups: [Math.ceil(channels / lanes), blocks, batch],
  });
  const [mean, variance] = [gpu.allocate([batch, groups]), gpu.allocate([batch, groups])];
  gpu.run(combineMoments, {
    inputs: { means, squares },
    outputs: { mean, variance },
    uniforms: { positions, channels, block, blocks, groups },
    groups: [groups, batch],
  });
  return [normed(gpu, layout, { x, weight, bias, mean, variance, groups, eps, relu }), mean, variance];
});

export const groupedNormGradOnGpu = webgpuKernel(GroupedNormGrad, ({ dy, ...inputs }, { batch, ...attrs }, gpu) => {
  const layout = layoutOf(inputs.x, batch);
  return layout.size === 0 ? null : gradients(gpu, layout, batch, dy, { ...inputs, ...attrs }, false);
});

export const fixedNormOnGpu = webgpuKernel(FixedNorm, (inputs, attrs, gpu) => {
  const layout = layoutOf(inputs.x, 1);
  return layout.size === 0 ? null : normed(gpu, layout, { ...inputs, ...attrs, groups: layout.channels });
});

export const fixedNormGradOnGpu = webgpuKernel(FixedNormGrad, ({ dy, ...inputs }, attrs, gpu) => {
  const layout = layoutOf(inputs.x, 1);
  return layout.size === 0
    ? null
    : gradients(gpu, layout, 1, dy, { ...inputs, ...attrs, groups: layout.channels }, true);
});
