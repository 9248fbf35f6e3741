import { maximum, rowAt, rowReduction } from '../../webgpu/snippets/compressed-rows.js';

/** Whether rows stand in another order than their segments. */
export type Order = { readonly ORDER: boolean };

/** The largest of each segment, 0 for those without rows. */
export const largest = rowReduction<Order>({
  name: 'segment-max',
  uniforms: { count: 'u32' },
  code: ({ ORDER }) => `${maximum}${rowAt(ORDER)}
fn term(place: u32, row: u32, column: u32) -> f32 {
  let at = row_at(place);
  if (at >= uniforms.count) { return -infinity(); }
  return x[at * uniforms.width + column];
}`,
  finish: () =>
    'fn finish(value: f32, places: u32, row: u32, column: u32) -> f32 { if (places == 0u) { return 0.0; } return value; }',
});
