/** How many of a workgroup's invocations lie side by side over `columns`: a power of two, `threads` at most. */
export function columnLanes(columns: number, threads: number): number {
  let lanes = 1;
  while (lanes < columns && lanes < threads) lanes *= 2;
  return lanes;
}

/**
 * WGSL of `sum_of_column(value: f32, local: u32, lanes: u32) -> f32`: the sum of one number of each of those of a workgroup's
 * `threads` invocations (a power of two) whose numbers are equal modulo `lanes`, a smaller power of two from {@link columnLanes},
 * known to all of them. To be called in uniform control flow. The order of additions is fixed.
 */
export function columnSum(threads: number): string {
  return `
var<workgroup> column_sum_parts: array<f32, ${threads}>;
fn sum_of_column(value: f32, local: u32, lanes: u32) -> f32 {
  workgroupBarrier();
  column_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half >= lanes; half /= 2u) {
    if (local < half) { column_sum_parts[local] += column_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return column_sum_parts[local % lanes];
}`;
}
