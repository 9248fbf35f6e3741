import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import {
  cloudMemory,
  compiledDimensions,
  dimensionsText,
  eachPoint,
  mostDimensions,
} from '../../webgpu/snippets/clouds.js';
import { NearestNeighbours } from './spec.js';

const threads = 64;
/** Sizes of the list that an invocation keeps; for more neighbours the candidates are gone through again. */
const listSizes = [8, 32];

/**
 * An invocation for each point, which keeps a sorted list. Distances are compared by their bits, which have the order of the numbers,
 * with NaN as the largest.
 */
const shader: Shader<{ DIMENSIONS: number; LIST: number }> = {
  name: 'nearest-neighbours',
  workgroup: threads,
  uniforms: { points: 'u32', dimensions: 'u32', candidates: 'u32', count: 'u32', done: 'u32' },
  code: ({ DIMENSIONS }) => `
${cloudMemory}
fn compute(group: vec3u, local: u32) {
  let point = group.x * ${threads}u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let row = cloud * uniforms.points + select(0u, point, inside);
  let mine = row * ${dimensionsText(DIMENSIONS)};
  let first = cloud * uniforms.candidates * ${dimensionsText(DIMENSIONS)};
  let size = min(LIST, uniforms.count - uniforms.done);
  // the last of those that were found before
  var before = 0u;
  var last = -1;
  if (uniforms.done > 0u) {
    before = u32(farthest[row]);
    last = nearest[row * uniforms.count + uniforms.done - 1u];
  }
  var keys: array<u32, LIST>;
  var found: array<u32, LIST>;
  var length = 0u;
  var limit = 0xffffffffu;
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
    `let key = bitcast<u32>(distance) & 0x7fffffffu;
      if (key < limit && (key > before || (key == before && i32(candidate) > last))) {
        var at = size - 1u;
        if (length < size) {
          at = length;
          length++;
        }
        while (at > 0u) {
          if (keys[at - 1u] <= key) { break; }
          keys[at] = keys[at - 1u];
          found[at] = found[at - 1u];
          at--;
        }
        keys[at] = key;
        found[at] = candidate;
        if (length == size) { limit = keys[size - 1u]; }
      }`,
  )}
  workgroupBarrier();
  if (inside) {
    for (var i = 0u; i < size; i++) { nearest[row * uniforms.count + uniforms.done + i] = i32(found[i]); }
    farthest[row] = i32(keys[size - 1u]);
  }
}`,
};

export const nearestNeighboursOnGpu = webgpuKernel(NearestNeighbours, ({ a, b }, { count }, gpu) => {
  const [batch, points, dimensions] = a.shape as [number, number, number];
  if (dimensions === 0 || dimensions > mostDimensions) return null;
  const nearest = gpu.allocate([batch, points, count], 'int32');
  const farthest = gpu.scratch([batch, points], 'int32');
  const list = listSizes.find((size) => size >= count) ?? listSizes.at(-1)!;
  for (let done = 0; done < count; done += list) {
    gpu.run(shader, {
      inputs: { a, b },
      outputs: { nearest, farthest },
      uniforms: { points, dimensions, candidates: b.shape[1]!, count, done },
      constants: { DIMENSIONS: compiledDimensions(dimensions), LIST: list },
      groups: [Math.ceil(points / threads), batch],
    });
  }
  return nearest;
});
