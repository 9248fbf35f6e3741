import * as tf from '@tensorflow/tfjs-core';
import { groupByIndex } from '../../webgpu/group-by-index.js';
import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { NeighbourDistances, NeighbourDistancesGradient } from './spec.js';

const threads = 64;
const uniforms = { points: 'u32', candidates: 'u32', dimensions: 'u32', count: 'u32', total: 'u32' } as const;

/** The number among all clouds' candidates of a pair's. */
const candidateOf = `
fn candidate_of(pair: u32) -> u32 {
  let cloud = pair / (uniforms.points * uniforms.count);
  return cloud * uniforms.candidates + min(u32(indices[pair]), uniforms.candidates - 1u);
}`;

/** An invocation for each pair. */
const forward: Shader = {
  name: 'neighbour-distances',
  workgroup: threads,
  uniforms,
  code: `${candidateOf}
fn compute(group: vec3u, local: u32) {
  let pair = group.x * ${threads}u + local;
  if (pair >= uniforms.total) { return; }
  let own = pair / uniforms.count * uniforms.dimensions;
  let other = candidate_of(pair) * uniforms.dimensions;
  var distance = 0.0;
  for (var d = 0u; d < uniforms.dimensions; d++) {
    let step = a[own + d] - b[other + d];
    distance += step * step;
  }
  distances[pair] = distance;
}`,
};

export const neighbourDistancesOnGpu = webgpuKernel(NeighbourDistances, ({ a, b, indices }, _, gpu) => {
  const distances = gpu.allocate(indices.shape);
  const total = tf.util.sizeFromShape(indices.shape);
  gpu.run(forward, {
    inputs: { a, b, indices },
    outputs: { distances },
    uniforms: sizesOf(a, b, indices, total),
    groups: [Math.ceil(total / threads)],
  });
  return distances;
});

function sizesOf(a: tf.TensorInfo, b: tf.TensorInfo, indices: tf.TensorInfo, total: number): Record<string, number> {
  const [, points, dimensions] = a.shape as [number, number, number];
  return { points, candidates: b.shape[1]!, dimensions, count: indices.shape[2]!, total };
}

/** An invocation for each number of a. */
const byPoints: Shader = {
  name: 'neighbour-distances-grad-points',
  workgroup: threads,
  uniforms,
  code: `${candidateOf}
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.total) { return; }
  let point = at / uniforms.dimensions;
  let d = at % uniforms.dimensions;
  var sum = 0.0;
  for (var pair = point * uniforms.count; pair < (point + 1u) * uniforms.count; pair++) {
    sum += 2.0 * dy[pair] * (a[at] - b[candidate_of(pair) * uniforms.dimensions + d]);
  }
  da[at] = sum;
}`,
};

const numberCandidates: Shader = {
  name: 'neighbour-distances-grad-candidates-of',
  workgroup: threads,
  uniforms,
  code: `${candidateOf}
fn compute(group: vec3u, local: u32) {
  let pair = group.x * ${threads}u + local;
  if (pair < uniforms.total) { ids[pair] = i32(candidate_of(pair)); }
}`,
};

/** An invocation for each number of b, which goes through the pairs of its candidate. */
const byCandidates: Shader = {
  name: 'neighbour-distances-grad-candidates',
  workgroup: threads,
  uniforms,
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.total) { return; }
  let candidate = at / uniforms.dimensions;
  let d = at % uniforms.dimensions;
  var sum = 0.0;
  for (var i = pointer[candidate]; i < pointer[candidate + 1u]; i++) {
    let pair = u32(order[i]);
    sum += 2.0 * dy[pair] * (b[at] - a[pair / uniforms.count * uniforms.dimensions + d]);
  }
  db[at] = sum;
}`,
};

export const neighbourDistancesGradientOnGpu = webgpuKernel(
  NeighbourDistancesGradient,
  ({ a, b, indices, dy }, _, gpu) => {
    const [da, db] = [gpu.allocate(a.shape), gpu.allocate(b.shape)];
    const [points, numbers, pairs] = [a, b, indices].map(({ shape }) => tf.util.sizeFromShape(shape)) as [
      number,
      number,
      number,
    ];
    gpu.run(byPoints, {
      inputs: { a, b, indices, dy },
      outputs: { da },
      uniforms: sizesOf(a, b, indices, points),
      groups: [Math.ceil(points / threads)],
    });
    const ids = gpu.scratch([Math.max(1, pairs)], 'int32');
    gpu.run(numberCandidates, {
      inputs: { indices },
      outputs: { ids },
      uniforms: sizesOf(a, b, indices, pairs),
      groups: [Math.ceil(pairs / threads)],
    });
    const { order, pointer } = groupByIndex(gpu, ids, pairs, b.shape[0]! * b.shape[1]!);
    gpu.run(byCandidates, {
      inputs: { a, b, dy, order, pointer },
      outputs: { db },
      uniforms: sizesOf(a, b, indices, numbers),
      groups: [Math.ceil(numbers / threads)],
    });
    return [da, db];
  },
);
