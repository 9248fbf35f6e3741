// hourglass-gradient-norms-blocks|x:f32>magnitudes:i32,sums:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> magnitudes: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
var<workgroup> group_sum_parts: array<f32, 64>;
fn sum_of_group(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  group_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { group_sum_parts[local] += group_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return group_sum_parts[0];
}
const not_finite = 0x7f800000u;
var<workgroup> largest_parts: array<u32, 64>;
fn largest_of_group(value: u32, local: u32) -> u32 {
  workgroupBarrier();
  largest_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { largest_parts[local] = max(largest_parts[local], largest_parts[local + half]); }
    workgroupBarrier();
  }
  return largest_parts[0];
}
fn exponent_of(bits: u32) -> i32 { return clamp(i32(bits >> 23u) - 127, -126, 127); }
/** v · 2^n, in two factors since one alone may be beyond float32. */
fn scaled(v: f32, n: i32) -> f32 { return v * power_of_two(n / 2) * power_of_two(n - n / 2); }
fn compute(group: vec3u, local: u32) {
  let first = group.x * 4096u;
  let end = min(first + 4096u, uniforms.size);
  var most = 0u;
  for (var i = first + local; i < end; i += 64u) { most = max(most, bitcast<u32>(x[i]) & 0x7fffffffu); }
  most = largest_of_group(most, local);
  let exponent = exponent_of(most);
  var squares = 0.0;
  for (var i = first + local; i < end; i += 64u) {
    let v = scaled(x[i], -exponent);
    squares += v * v;
  }
  let sum = sum_of_group(squares, local);
  if (local == 0u) {
    magnitudes[group.x] = i32(most);
    sums[group.x] = sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-gradient-norms|magnitudes:i32,sums:f32>norms:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, blocks: u32, place: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> magnitudes: array<i32>;
@group(0) @binding(2) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
fn not_a_number() -> f32 { return bitcast<f32>(uniforms.infinity_bits | 0x400000u); }
fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
var<workgroup> group_sum_parts: array<f32, 64>;
fn sum_of_group(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  group_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { group_sum_parts[local] += group_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return group_sum_parts[0];
}
const not_finite = 0x7f800000u;
var<workgroup> largest_parts: array<u32, 64>;
fn largest_of_group(value: u32, local: u32) -> u32 {
  workgroupBarrier();
  largest_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { largest_parts[local] = max(largest_parts[local], largest_parts[local + half]); }
    workgroupBarrier();
  }
  return largest_parts[0];
}
fn exponent_of(bits: u32) -> i32 { return clamp(i32(bits >> 23u) - 127, -126, 127); }
/** v · 2^n, in two factors since one alone may be beyond float32. */
fn scaled(v: f32, n: i32) -> f32 { return v * power_of_two(n / 2) * power_of_two(n - n / 2); }
fn compute(group: vec3u, local: u32) {
  var most = 0u;
  for (var i = local; i < uniforms.blocks; i += 64u) { most = max(most, u32(magnitudes[i])); }
  most = largest_of_group(most, local);
  let exponent = exponent_of(most);
  var total = 0.0;
  for (var i = local; i < uniforms.blocks; i += 64u) {
    // far smaller blocks count for nothing
    let factor = power_of_two(max(exponent_of(u32(magnitudes[i])) - exponent, -60));
    total += sums[i] * factor * factor;
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    if (most > not_finite) { norms[uniforms.place] = not_a_number(); }
    else if (most == not_finite) { norms[uniforms.place] = infinity(); }
    else { norms[uniforms.place] = scaled(sqrt(sum), exponent); }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
