/**
 * WGSL of `sum_of_group(value: f32, local: u32) -> f32`: the sum of one number of each of a workgroup's `threads` invocations (a
 * power of two), known to all of them. To be called in uniform control flow. The order of additions is fixed.
 */
export function groupSum(threads: number): string {
  return `
var<workgroup> group_sum_parts: array<f32, ${threads}>;
fn sum_of_group(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  group_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half) { group_sum_parts[local] += group_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return group_sum_parts[0];
}`;
}
