import { webgpuKernel } from '../../webgpu/kernel.js';
import { addition, rowReduction } from '../../webgpu/snippets/compressed-rows.js';
import { SparseProduct } from './spec.js';

const product = rowReduction<{ COLUMN: boolean; EDGE: boolean; WEIGHTS: boolean; MEAN: boolean }>({
  name: 'sparse-product',
  uniforms: { count: 'u32', edges: 'u32', heads: 'u32', per_head: 'u32' },
  code: ({ COLUMN, EDGE, WEIGHTS }) => `${addition}
fn term(place: u32, row: u32, column_of_row: u32) -> f32 {
  let source = ${COLUMN ? 'u32(column[place])' : 'place'};
  if (source >= uniforms.count) { return 0.0; }
  let value = x[source * uniforms.width + column_of_row];
  ${
    WEIGHTS
      ? `let number = ${EDGE ? 'u32(edge[place])' : 'place'};
  if (number >= uniforms.edges) { return 0.0; }
  return value * weights[number * uniforms.heads + column_of_row / uniforms.per_head];`
      : 'return value;'
  }
}`,
  finish: ({ MEAN }) =>
    `fn finish(value: f32, places: u32, row: u32, column: u32) -> f32 { return value${MEAN ? ' / f32(max(places, 1u))' : ''}; }`,
});

export const sparseProductOnGpu = webgpuKernel(SparseProduct, (inputs, { mean }, gpu) => {
  const { x, pointer, column, edge, weights } = inputs;
  const [count, heads, width] = x.shape as [number, number, number];
  const y = gpu.allocate([pointer.shape[0]! - 1, heads, width]);
  const used = weights == null ? undefined : edge;
  product(gpu, {
    inputs: { x, pointer, column, edge: used, weights },
    y,
    places: (column ?? edge ?? weights ?? x).shape[0]!,
    width: heads * width,
    uniforms: { count, edges: weights?.shape[0] ?? 0, heads, per_head: width },
    constants: { COLUMN: column != null, EDGE: used != null, WEIGHTS: weights != null, MEAN: mean },
  });
  return y;
});
