import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { rowOfPlace } from '../../webgpu/snippets/compressed-rows.js';
import { SampledProduct } from './spec.js';

const threads = 64;

/** `lanes` invocations, a power of two, for each product of rows. */
const shader: Shader<{ EDGE: boolean }> = {
  name: 'sampled-product',
  workgroup: threads,
  uniforms: { rows: 'u32', places: 'u32', count: 'u32', heads: 'u32', width: 'u32', lanes: 'u32' },
  code: ({ EDGE }) => `${rowOfPlace}
var<workgroup> parts: array<f32, ${threads}>;
fn compute(group: vec3u, local: u32) {
  let item = group.x * (${threads}u / uniforms.lanes) + local / uniforms.lanes;
  let lane = local % uniforms.lanes;
  let place = item / uniforms.heads;
  let head = item % uniforms.heads;
  var sum = 0.0;
  if (place < uniforms.places && u32(column[place]) < uniforms.count) {
    let left = (row_of_place(place, uniforms.rows) * uniforms.heads + head) * uniforms.width;
    let right = (u32(column[place]) * uniforms.heads + head) * uniforms.width;
    for (var i = lane; i < uniforms.width; i += uniforms.lanes) { sum += a[left + i] * b[right + i]; }
  }
  parts[local] = sum;
  for (var half = uniforms.lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[local] += parts[local + half]; }
  }
  if (lane == 0u && place < uniforms.places) {
    let number = ${EDGE ? 'u32(edge[place])' : 'place'};
    if (number < uniforms.places) { products[number * uniforms.heads + head] = parts[local]; }
  }
}`,
};

export const sampledProductOnGpu = webgpuKernel(SampledProduct, ({ a, b, pointer, column, edge }, _, gpu) => {
  const [count, heads, width] = b.shape as [number, number, number];
  const places = column.shape[0]!;
  const products = gpu.allocate([places, heads]);
  const lanes = Math.min(32, 2 ** Math.ceil(Math.log2(Math.max(1, width))));
  gpu.run(shader, {
    inputs: { a, b, pointer, column, edge },
    outputs: { products },
    uniforms: { rows: pointer.shape[0]! - 1, places, count, heads, width, lanes },
    constants: { EDGE: edge != null },
    groups: [Math.ceil((places * heads * lanes) / threads)],
  });
  return products;
});
