import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { addition, rowAt, rowOfPlace, rowReduction } from '../../webgpu/snippets/compressed-rows.js';
import { largest, type Order } from '../segment-max/largest.js';
import { SegmentSoftmax, SegmentSoftmaxGradient } from './spec.js';

/** exp(x - largest); NaN where both are the same infinity, as their difference is. */
const raised = `
fn raised(value: f32, most: f32) -> f32 {
  if (is_nan(value) || is_nan(most) || (is_infinite(most) && is_infinite(value) && (value > 0.0) == (most > 0.0))) {
    return not_a_number();
  }
  if (is_infinite(value) || is_infinite(most)) { return 0.0; }
  return exp(value - most);
}`;

const sums = rowReduction<Order>({
  name: 'segment-softmax-sums',
  uniforms: { count: 'u32' },
  code: ({ ORDER }) => `${addition}${rowAt(ORDER)}${raised}
fn term(place: u32, row: u32, column: u32) -> f32 {
  let at = row_at(place);
  if (at >= uniforms.count) { return 0.0; }
  return raised(x[at * uniforms.width + column], largest[row * uniforms.width + column]);
}`,
});

const along = rowReduction<Order>({
  name: 'segment-softmax-grad-sums',
  uniforms: { count: 'u32' },
  code: ({ ORDER }) => `${addition}${rowAt(ORDER)}
fn term(place: u32, row: u32, column: u32) -> f32 {
  let at = row_at(place);
  if (at >= uniforms.count) { return 0.0; }
  return softmax[at * uniforms.width + column] * dy[at * uniforms.width + column];
}`,
});

/** An invocation for each number, which knows its place `at` and that of its segment's numbers, `whole`. */
function everywhere(name: string, functions: string, result: string): Shader<Order> {
  return {
    name,
    workgroup: 64,
    uniforms: { rows: 'u32', count: 'u32', width: 'u32' },
    code: ({ ORDER }) => `${rowOfPlace}${rowAt(ORDER)}${functions}
fn compute(group: vec3u, local: u32) {
  let index = group.x * 64u + local;
  let place = index / uniforms.width;
  if (place >= uniforms.count || row_at(place) >= uniforms.count) { return; }
  let at = row_at(place) * uniforms.width + index % uniforms.width;
  let whole = row_of_place(place, uniforms.rows) * uniforms.width + index % uniforms.width;
  result[at] = ${result};
}`,
  };
}

const divide = everywhere('segment-softmax', raised, 'raised(x[at], largest[whole]) / sum[whole]');
const backward = everywhere('segment-softmax-grad', '', 'softmax[at] * (dy[at] - sum[whole])');

export const segmentSoftmaxOnGpu = webgpuKernel(SegmentSoftmax, ({ x, pointer, order }, _, gpu) => {
  const [count, width] = x.shape as [number, number];
  const rows = pointer.shape[0]! - 1;
  const [most, sum, result] = [gpu.scratch([rows, width]), gpu.scratch([rows, width]), gpu.allocate(x.shape)];
  const constants = { ORDER: order != null };
  const call = { places: count, width, uniforms: { count }, constants };
  largest(gpu, { ...call, inputs: { x, pointer, order }, y: most });
  sums(gpu, { ...call, inputs: { x, largest: most, pointer, order }, y: sum });
  gpu.run(divide, {
    inputs: { x, largest: most, sum, pointer, order },
    outputs: { result },
    uniforms: { rows, count, width },
    constants,
    groups: [Math.ceil((count * width) / 64)],
  });
  return result;
});

export const segmentSoftmaxGradientOnGpu = webgpuKernel(SegmentSoftmaxGradient, (inputs, _, gpu) => {
  const { y: softmax, dy, pointer, order } = inputs;
  const [count, width] = softmax.shape as [number, number];
  const rows = pointer.shape[0]! - 1;
  const [sum, result] = [gpu.scratch([rows, width]), gpu.allocate(softmax.shape)];
  const constants = { ORDER: order != null };
  along(gpu, { inputs: { softmax, dy, pointer, order }, y: sum, places: count, width, uniforms: { count }, constants });
  gpu.run(backward, {
    inputs: { softmax, dy, sum, pointer, order },
    outputs: { result },
    uniforms: { rows, count, width },
    constants,
    groups: [Math.ceil((count * width) / 64)],
  });
  return result;
});
