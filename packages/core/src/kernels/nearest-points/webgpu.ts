import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { NearestPoints } from './spec.js';

const threads = 64;

/** An invocation for each point; the group reads the candidates together. */
const shader: Shader<{ DIMENSIONS: number; CANDIDATES: number }> = {
  name: 'nearest-points',
  workgroup: threads,
  uniforms: { points: 'u32', candidates: 'u32' },
  code: `
var<workgroup> shared_candidates: array<f32, CANDIDATES * DIMENSIONS>;
fn compute(group: vec3u, local: u32) {
  let point = group.x * ${threads}u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let mine = (cloud * uniforms.points + select(0u, point, inside)) * DIMENSIONS;
  var least = infinity();
  var best = 0u;
  for (var first = 0u; first < uniforms.candidates; first += CANDIDATES) {
    let count = min(CANDIDATES, uniforms.candidates - first);
    let start = (cloud * uniforms.candidates + first) * DIMENSIONS;
    workgroupBarrier();
    for (var i = local; i < count * DIMENSIONS; i += ${threads}u) { shared_candidates[i] = b[start + i]; }
    workgroupBarrier();
    for (var candidate = 0u; candidate < count; candidate++) {
      var distance = 0.0;
      for (var d = 0u; d < DIMENSIONS; d++) {
        let step = a[mine + d] - shared_candidates[candidate * DIMENSIONS + d];
        distance += step * step;
      }
      if (distance < least) {
        least = distance;
        best = first + candidate;
      }
    }
  }
  if (inside) { nearest[cloud * uniforms.points + point] = i32(best); }
}`,
};

/** Numbers of candidates that the group holds at a time. */
const room = 2048;

export const nearestPointsOnGpu = webgpuKernel(NearestPoints, ({ a, b }, _, gpu) => {
  const [batch, points, dimensions] = a.shape as [number, number, number];
  if (dimensions === 0 || dimensions > room) return null;
  const candidates = b.shape[1]!;
  const nearest = gpu.allocate([batch, points], 'int32');
  gpu.run(shader, {
    inputs: { a, b },
    outputs: { nearest },
    uniforms: { points, candidates },
    constants: { DIMENSIONS: dimensions, CANDIDATES: Math.max(1, Math.floor(room / dimensions)) },
    groups: [Math.ceil(points / threads), batch],
  });
  return nearest;
});
