import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import {
  cloudMemory,
  compiledDimensions,
  dimensionsText,
  eachPoint,
  mostDimensions,
} from '../../webgpu/snippets/clouds.js';
import { BallQuery } from './spec.js';

const threads = 64;

/** An invocation for each centre; the group reads the points together. */
const shader: Shader<{ DIMENSIONS: number }> = {
  name: 'ball-query',
  workgroup: threads,
  uniforms: { centres: 'u32', dimensions: 'u32', size: 'u32', count: 'u32', square: 'f32', repeat: 'u32' },
  code: ({ DIMENSIONS }) => `
${cloudMemory}
fn compute(group: vec3u, local: u32) {
  let centre = group.x * ${threads}u + local;
  let cloud = group.y;
  let inside = centre < uniforms.centres;
  let row = cloud * uniforms.centres + select(0u, centre, inside);
  let mine = row * ${dimensionsText(DIMENSIONS)};
  let first = cloud * uniforms.size * ${dimensionsText(DIMENSIONS)};
  var found = 0u;
  var filling = select(-1, 0, uniforms.repeat != 0u);
  ${eachPoint(
    {
      threads,
      dimensions: DIMENSIONS,
      points: 'centres',
      from: 'mine',
      cloud: 'points',
      first: 'first',
      count: 'uniforms.size',
    },
    `if (inside && found < uniforms.count && distance < uniforms.square) {
        indices[row * uniforms.count + found] = i32(candidate);
        if (found == 0u && uniforms.repeat != 0u) { filling = i32(candidate); }
        found++;
      }`,
  )}
  if (inside) {
    for (var i = found; i < uniforms.count; i++) { indices[row * uniforms.count + i] = filling; }
  }
}`,
};

export const ballQueryOnGpu = webgpuKernel(BallQuery, ({ centres, points }, { radius, count, repeat }, gpu) => {
  const [batch, rows, dimensions] = centres.shape as [number, number, number];
  if (dimensions === 0 || dimensions > mostDimensions) return null;
  const indices = gpu.allocate([batch, rows, count], 'int32');
  gpu.run(shader, {
    inputs: { centres, points },
    outputs: { indices },
    uniforms: {
      centres: rows,
      dimensions,
      size: points.shape[1]!,
      count,
      square: radius * radius,
      repeat: Number(repeat),
    },
    constants: { DIMENSIONS: compiledDimensions(dimensions) },
    groups: [Math.ceil(rows / threads), batch],
  });
  return indices;
});
