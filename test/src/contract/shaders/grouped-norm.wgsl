// hourglass-grouped-norm-blocks|x:f32>means:f32,squares:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, positions: u32, channels: u32, block: u32, blocks: u32, lanes: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> means: array<f32>;
@group(0) @binding(3) var<storage, read_write> squares: array<f32>;
var<workgroup> column_sum_parts: array<f32, 64>;
fn sum_of_column(value: f32, local: u32, lanes: u32) -> f32 {
  workgroupBarrier();
  column_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half >= lanes; half /= 2u) {
    if (local < half) { column_sum_parts[local] += column_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return column_sum_parts[local % lanes];
}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * uniforms.lanes + local % uniforms.lanes;
  let first = group.y * uniforms.block;
  let end = min(first + uniforms.block, uniforms.positions);
  let inside = channel < uniforms.channels;
  let start = group.z * uniforms.positions * uniforms.channels + select(0u, channel, inside);
  let start_row = first + local / uniforms.lanes;
  let step = 64u / uniforms.lanes;
  let near = x[start + first * uniforms.channels];
  var total = 0.0;
  for (var p = start_row; p < end; p += step) { total += x[start + p * uniforms.channels] - near; }
  let mean = near + sum_of_column(total, local, uniforms.lanes) / f32(end - first);
  total = 0.0;
  for (var p = start_row; p < end; p += step) {
    let centred = x[start + p * uniforms.channels] - mean;
    total += centred * centred;
  }
  let sum = sum_of_column(total, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    let at = (group.z * uniforms.blocks + group.y) * uniforms.channels + channel;
    means[at] = mean;
    squares[at] = sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-grouped-norm-moments|means:f32,squares:f32>mean:f32,variance:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, positions: u32, channels: u32, block: u32, blocks: u32, groups: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> squares: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance: array<f32>;
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
fn compute(group: vec3u, local: u32) {
  let size = uniforms.channels / uniforms.groups;
  let start = group.y * uniforms.blocks * uniforms.channels + group.x * size;
  let items = uniforms.blocks * size;
  let count = f32(uniforms.positions) * f32(size);
  let near = means[start];
  var total = 0.0;
  for (var i = local; i < items; i += 64u) {
    let number = i / size;
    let rows = f32(min(uniforms.block, uniforms.positions - number * uniforms.block));
    total += rows * (means[start + number * uniforms.channels + i % size] - near);
  }
  let middle = near + sum_of_group(total, local) / count;
  total = 0.0;
  for (var i = local; i < items; i += 64u) {
    let number = i / size;
    let rows = f32(min(uniforms.block, uniforms.positions - number * uniforms.block));
    let at = start + number * uniforms.channels + i % size;
    let away = means[at] - middle;
    total += squares[at] + rows * away * away;
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    let at = group.y * uniforms.groups + group.x;
    mean[at] = middle;
    variance[at] = sum / count;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-grouped-norm|x:f32,mean:f32,variance:f32>y:f32|WEIGHT=false,BIAS=false,RELU=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, per_entry: u32, channels: u32, groups: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
const WEIGHT = false;
const BIAS = false;
const RELU = true;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let c = i % uniforms.channels;
  let g = i / uniforms.per_entry * uniforms.groups + c / (uniforms.channels / uniforms.groups);
  
    let inverse = 1.0 / sqrt(variance[g] + uniforms.eps);
    let normed = (x[i] - mean[g]) * inverse;
    let value = normed;
  y[i] = select(value, 0.0, value < 0.0);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
