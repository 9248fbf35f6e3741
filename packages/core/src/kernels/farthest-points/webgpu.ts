import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { compiledDimensions, dimensionsText } from '../../webgpu/snippets/clouds.js';
import { FarthestPoints } from './spec.js';

const threads = 256;

/** A workgroup for each cloud: every round is over before the next begins. */
const shader: Shader<{ DIMENSIONS: number }> = {
  name: 'farthest-points',
  workgroup: threads,
  uniforms: { points: 'u32', dimensions: 'u32', count: 'u32' },
  code: ({ DIMENSIONS }) => `
var<workgroup> distances: array<f32, ${threads}>;
var<workgroup> numbers: array<u32, ${threads}>;
fn compute(group: vec3u, local: u32) {
  let size = ${dimensionsText(DIMENSIONS)};
  let first = group.x * uniforms.points;
  var last = min(u32(start[group.x]), uniforms.points - 1u);
  if (local == 0u) { chosen[group.x * uniforms.count] = i32(last); }
  for (var round = 1u; round < uniforms.count; round++) {
    var most = -1.0;
    var number = 0u;
    for (var i = local; i < uniforms.points; i += ${threads}u) {
      var distance = 0.0;
      for (var d = 0u; d < size; d++) {
        let step = x[(first + i) * size + d] - x[(first + last) * size + d];
        distance += step * step;
      }
      if (round > 1u) { distance = min(distance, nearest[first + i]); }
      nearest[first + i] = distance;
      if (distance > most) {
        most = distance;
        number = i;
      }
    }
    distances[local] = most;
    numbers[local] = number;
    workgroupBarrier();
    for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
      if (local < half) {
        let other = distances[local + half];
        if (other > distances[local] || (other == distances[local] && numbers[local + half] < numbers[local])) {
          distances[local] = other;
          numbers[local] = numbers[local + half];
        }
      }
      workgroupBarrier();
    }
    last = numbers[0];
    if (local == 0u) { chosen[group.x * uniforms.count + round] = i32(last); }
    workgroupBarrier();
  }
}`,
};

export const farthestPointsOnGpu = webgpuKernel(FarthestPoints, ({ x, start }, { count }, gpu) => {
  const [batch, points, dimensions] = x.shape as [number, number, number];
  const chosen = gpu.allocate([batch, count], 'int32');
  gpu.run(shader, {
    inputs: { x, start },
    outputs: { chosen, nearest: gpu.scratch([batch, points]) },
    uniforms: { points, dimensions, count },
    constants: { DIMENSIONS: compiledDimensions(dimensions) },
    groups: [batch],
  });
  return chosen;
});
