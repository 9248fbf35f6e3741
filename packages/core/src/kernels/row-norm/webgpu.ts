import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { addBlocks } from '../../webgpu/snippets/block-sums.js';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { RowNorm, RowNormGrad } from './spec.js';

const threads = 64;

/** A workgroup for each row. */
const forward: Shader<{ CENTRE: boolean; WEIGHT: boolean; BIAS: boolean }> = {
  name: 'row-norm',
  workgroup: threads,
  uniforms: { width: 'u32', eps: 'f32' },
  code: ({ WEIGHT, BIAS }) => `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  let row = group.x;
  let start = row * uniforms.width;
  let count = f32(uniforms.width);
  var mean_of_row = 0.0;
  if (CENTRE) {
    // distances from one of the numbers, which keep their digits far from zero
    let near = x[start];
    var total = 0.0;
    for (var i = local; i < uniforms.width; i += ${threads}u) { total += x[start + i] - near; }
    mean_of_row = near + sum_of_group(total, local) / count;
  }
  var squares = 0.0;
  for (var i = local; i < uniforms.width; i += ${threads}u) {
    let centred = x[start + i] - mean_of_row;
    squares += centred * centred;
  }
  let scale = 1.0 / sqrt(sum_of_group(squares, local) / count + uniforms.eps);
  for (var i = local; i < uniforms.width; i += ${threads}u) {
    var value = (x[start + i] - mean_of_row) * scale;
    ${WEIGHT ? 'value *= weight[i];' : ''}
    ${BIAS ? 'value += bias[i];' : ''}
    y[start + i] = value;
  }
  if (local == 0u) {
    mean[row] = mean_of_row;
    inverse[row] = scale;
  }
}`,
};

export const rowNormOnGpu = webgpuKernel(RowNorm, ({ x, weight, bias }, { shape, eps, centre }, gpu) => {
  const width = tf.util.sizeFromShape([...shape]);
  const rows = width === 0 ? 0 : tf.util.sizeFromShape(x.shape) / width;
  const [y, mean, inverse] = [gpu.allocate(x.shape), gpu.allocate([rows]), gpu.allocate([rows])];
  gpu.run(forward, {
    inputs: { x, weight, bias },
    outputs: { y, mean, inverse },
    uniforms: { width, eps },
    constants: { CENTRE: centre, WEIGHT: weight != null, BIAS: bias != null },
    groups: [rows],
  });
  return [y, mean, inverse];
});

const backward: Shader<{ CENTRE: boolean; WEIGHT: boolean }> = {
  name: 'row-norm-grad',
  workgroup: threads,
  uniforms: { width: 'u32' },
  code: ({ WEIGHT }) => `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  let row = group.x;
  let start = row * uniforms.width;
  let count = f32(uniforms.width);
  let scale = inverse[row];
  let mean_of_row = select(0.0, mean[row], CENTRE);
  var total = 0.0;
  var along = 0.0;
  for (var i = local; i < uniforms.width; i += ${threads}u) {
    let g = dy[start + i]${WEIGHT ? ' * weight[i]' : ''};
    total += g;
    along += g * (x[start + i] - mean_of_row) * scale;
  }
  let mean_g = select(0.0, sum_of_group(total, local) / count, CENTRE);
  let projection = sum_of_group(along, local) / count;
  for (var i = local; i < uniforms.width; i += ${threads}u) {
    let g = dy[start + i]${WEIGHT ? ' * weight[i]' : ''};
    dx[start + i] = (g - mean_g - (x[start + i] - mean_of_row) * scale * projection) * scale;
  }
}`,
};

/** Sums over a block of rows for 64 columns; the blocks are added up afterwards. */
const columnSums: Shader<{ CENTRE: boolean }> = {
  name: 'row-norm-grad-columns',
  workgroup: threads,
  uniforms: { width: 'u32', rows: 'u32', block: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let column = group.x * ${threads}u + local;
  if (column >= uniforms.width) { return; }
  let first = group.y * uniforms.block;
  let end = min(first + uniforms.block, uniforms.rows);
  var of_weight = 0.0;
  var of_bias = 0.0;
  for (var row = first; row < end; row++) {
    let at = row * uniforms.width + column;
    let mean_of_row = select(0.0, mean[row], CENTRE);
    of_weight += dy[at] * (x[at] - mean_of_row) * inverse[row];
    of_bias += dy[at];
  }
  weights[group.y * uniforms.width + column] = of_weight;
  biases[group.y * uniforms.width + column] = of_bias;
}`,
};

export const rowNormGradOnGpu = webgpuKernel(
  RowNormGrad,
  ({ x, weight, dy, mean, inverse }, { shape, centre }, gpu) => {
    const width = tf.util.sizeFromShape([...shape]);
    const rows = width === 0 ? 0 : tf.util.sizeFromShape(x.shape) / width;
    const [dx, dweight, dbias] = [gpu.allocate(x.shape), gpu.allocate(shape), gpu.allocate(shape)];
    gpu.run(backward, {
      inputs: { x, weight, dy, mean, inverse },
      outputs: { dx },
      uniforms: { width },
      constants: { CENTRE: centre, WEIGHT: weight != null },
      groups: [rows],
    });
    const block = Math.max(16, Math.ceil(Math.sqrt(rows)));
    const blocks = Math.ceil(rows / block);
    const [weights, biases] = [gpu.scratch([blocks, width]), gpu.scratch([blocks, width])];
    const columns = Math.ceil(width / threads);
    gpu.run(columnSums, {
      inputs: { x, dy, mean, inverse },
      outputs: { weights, biases },
      uniforms: { width, rows, block },
      constants: { CENTRE: centre },
      groups: [columns, blocks],
    });
    addBlocks(gpu, weights, dweight, width);
    addBlocks(gpu, biases, dbias, width);
    return [dx, dweight, dbias];
  },
);
