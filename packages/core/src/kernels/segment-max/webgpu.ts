import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { addition, rowAt, rowOfPlace, rowReduction } from '../../webgpu/snippets/compressed-rows.js';
import { largest, type Order } from './largest.js';
import { SegmentMax, SegmentMaxGradient } from './spec.js';

export const segmentMaxOnGpu = webgpuKernel(SegmentMax, ({ x, pointer, order }, _, gpu) => {
  const [count, width] = x.shape as [number, number];
  const y = gpu.allocate([pointer.shape[0]! - 1, width]);
  const constants = { ORDER: order != null };
  largest(gpu, { inputs: { x, pointer, order }, y, places: count, width, uniforms: { count }, constants });
  return y;
});

/** dy over the number of rows that are the largest. */
const shares = rowReduction<Order>({
  name: 'segment-max-shares',
  uniforms: { count: 'u32' },
  code: ({ ORDER }) => `${addition}${rowAt(ORDER)}
fn term(place: u32, row: u32, column: u32) -> f32 {
  let at = row_at(place);
  if (at >= uniforms.count) { return 0.0; }
  return select(0.0, 1.0, x[at * uniforms.width + column] == largest[row * uniforms.width + column]);
}`,
  finish: () =>
    'fn finish(value: f32, places: u32, row: u32, column: u32) -> f32 { return dy[row * uniforms.width + column] / max(value, 1.0); }',
});

const handOut: Shader<Order> = {
  name: 'segment-max-grad',
  workgroup: 64,
  uniforms: { rows: 'u32', count: 'u32', width: 'u32' },
  code: ({ ORDER }) => `${rowOfPlace}${rowAt(ORDER)}
fn compute(group: vec3u, local: u32) {
  let index = group.x * 64u + local;
  let place = index / uniforms.width;
  if (place >= uniforms.count || row_at(place) >= uniforms.count) { return; }
  let at = row_at(place) * uniforms.width + index % uniforms.width;
  let whole = row_of_place(place, uniforms.rows) * uniforms.width + index % uniforms.width;
  // numbers that are not one equal nothing, whatever the compiler makes of it
  let is_largest = x[at] == largest[whole] && !is_nan(largest[whole]);
  dx[at] = select(0.0, share[whole], is_largest);
}`,
};

export const segmentMaxGradientOnGpu = webgpuKernel(SegmentMaxGradient, ({ x, y, dy, pointer, order }, _, gpu) => {
  const [count, width] = x.shape as [number, number];
  const rows = pointer.shape[0]! - 1;
  const [share, dx] = [gpu.scratch([rows, width]), gpu.allocate(x.shape)];
  const constants = { ORDER: order != null };
  const given = { x, largest: y, dy, pointer, order };
  shares(gpu, { inputs: given, y: share, places: count, width, uniforms: { count }, constants });
  gpu.run(handOut, {
    inputs: { x, largest: y, share, pointer, order },
    outputs: { dx },
    uniforms: { rows, count, width },
    constants,
    groups: [Math.ceil((count * width) / 64)],
  });
  return dx;
});
