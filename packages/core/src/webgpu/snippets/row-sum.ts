import { groupSum } from './group-sum.js';

/** How many of a workgroup's 64 invocations share a row of `width` numbers: one where rows are short. */
export function rowLanes(width: number): 1 | 64 {
  return width <= 48 ? 1 : 64;
}

/**
 * WGSL of `sum_of_row(value: f32, local: u32) -> f32`: the sum of one number of each of the `lanes` neighbouring invocations
 * that share a row, known to all of them. To be called in uniform control flow. The order of additions is fixed.
 */
export function rowSum(lanes: 1 | 64): string {
  return lanes === 1
    ? 'fn sum_of_row(value: f32, local: u32) -> f32 { return value; }'
    : `${groupSum(64)}
fn sum_of_row(value: f32, local: u32) -> f32 { return sum_of_group(value, local); }`;
}

/** {@link rowSum} for the largest, `max_of_row`. */
export function rowMax(lanes: 1 | 64): string {
  return lanes === 1
    ? 'fn max_of_row(value: f32, local: u32) -> f32 { return value; }'
    : `
var<workgroup> row_max_parts: array<f32, 64>;
fn max_of_row(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  row_max_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { row_max_parts[local] = max(row_max_parts[local], row_max_parts[local + half]); }
    workgroupBarrier();
  }
  return row_max_parts[0];
}`;
}
