import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import {
  cloudMemory,
  compiledDimensions,
  dimensionsText,
  eachPoint,
  mostDimensions,
} from '../../webgpu/snippets/clouds.js';
import { NearestPoints } from './spec.js';

const threads = 64;

/** An invocation for each point; the group reads the candidates together. */
const shader: Shader<{ DIMENSIONS: number }> = {
  name: 'nearest-points',
  workgroup: threads,
  uniforms: { points: 'u32', dimensions: 'u32', candidates: 'u32' },
  code: ({ DIMENSIONS }) => `
${cloudMemory}
fn compute(group: vec3u, local: u32) {
  let point = group.x * ${threads}u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let mine = (cloud * uniforms.points + select(0u, point, inside)) * ${dimensionsText(DIMENSIONS)};
  let first = cloud * uniforms.candidates * ${dimensionsText(DIMENSIONS)};
  var least = infinity();
  var best = 0u;
  ${eachPoint(
    {
      threads,
      dimensions: DIMENSIONS,
      points: 'a',
      from: 'mine',
      cloud: 'b',
      first: 'first',
      count: 'uniforms.candidates',
    },
    `if (distance < least) {
        least = distance;
        best = candidate;
      }`,
  )}
  if (inside) { nearest[cloud * uniforms.points + point] = i32(best); }
}`,
};

export const nearestPointsOnGpu = webgpuKernel(NearestPoints, ({ a, b }, _, gpu) => {
  const [batch, points, dimensions] = a.shape as [number, number, number];
  if (dimensions === 0 || dimensions > mostDimensions) return null;
  const candidates = b.shape[1]!;
  const nearest = gpu.allocate([batch, points], 'int32');
  gpu.run(shader, {
    inputs: { a, b },
    outputs: { nearest },
    uniforms: { points, dimensions, candidates },
    constants: { DIMENSIONS: compiledDimensions(dimensions) },
    groups: [Math.ceil(points / threads), batch],
  });
  return nearest;
});
