/**
 * WGSL of `sum_of_lanes(value: f32, local: u32, lanes: u32) -> f32`: the sum of one number of each of `lanes` neighbouring invocations
 * (a power of two that divides the workgroup's `threads`), known to all of them. To be called in uniform control flow. The order of
 * additions is fixed.
 */
export function laneSum(threads: number): string {
  return `
var<workgroup> lane_sum_parts: array<f32, ${threads}>;
fn sum_of_lanes(value: f32, local: u32, lanes: u32) -> f32 {
  workgroupBarrier();
  lane_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (local % lanes < half) { lane_sum_parts[local] += lane_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return lane_sum_parts[local - local % lanes];
}`;
}
