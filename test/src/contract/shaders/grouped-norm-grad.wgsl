// hourglass-grouped-norm-grad-blocks|x:f32,dy:f32,weight:f32,bias:f32,mean:f32,variance:f32>sums:f32,projections:f32|WEIGHT=true,BIAS=true,RELU=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, positions: u32, channels: u32, groups: u32, block: u32, blocks: u32, lanes: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> mean: array<f32>;
@group(0) @binding(6) var<storage, read> variance: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<storage, read_write> projections: array<f32>;
const WEIGHT = true;
const BIAS = true;
const RELU = true;
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
  let c = select(0u, channel, inside);
  let g = group.z * uniforms.groups + c / (uniforms.channels / uniforms.groups);
  let start = group.z * uniforms.positions * uniforms.channels + c;
  var total = 0.0;
  var along = 0.0;
  for (var p = first + local / uniforms.lanes; p < end; p += 64u / uniforms.lanes) {
    let i = start + p * uniforms.channels;
    
    let inverse = 1.0 / sqrt(variance[g] + uniforms.eps);
    let normed = (x[i] - mean[g]) * inverse;
    let value = normed * weight[c] + bias[c];
    let upstream = select(0.0, dy[i], value > 0.0);
    total += upstream;
    along += upstream * normed;
  }
  let sum = sum_of_column(total, local, uniforms.lanes);
  let sum_along = sum_of_column(along, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    let at = (group.z * uniforms.blocks + group.y) * uniforms.channels + channel;
    sums[at] = sum;
    projections[at] = sum_along;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-grouped-norm-grad-lines|sums:f32,projections:f32>total:f32,along:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, width: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> projections: array<f32>;
@group(0) @binding(3) var<storage, read_write> total: array<f32>;
@group(0) @binding(4) var<storage, read_write> along: array<f32>;
fn compute(group: vec3u, local: u32) {
  let column = group.x * 64u + local;
  if (column >= uniforms.width) { return; }
  let start = group.y * uniforms.count * uniforms.width + column;
  var sum = 0.0;
  var sum_along = 0.0;
  for (var i = 0u; i < uniforms.count; i++) {
    sum += sums[start + i * uniforms.width];
    sum_along += projections[start + i * uniforms.width];
  }
  total[group.y * uniforms.width + column] = sum;
  along[group.y * uniforms.width + column] = sum_along;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-grouped-norm-grad-groups|total:f32,along:f32,weight:f32>shared_means:f32|WEIGHT=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, positions: u32, channels: u32, groups: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> total: array<f32>;
@group(0) @binding(2) var<storage, read> along: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> shared_means: array<f32>;
const WEIGHT = true;
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
  let start = group.y * uniforms.channels + group.x * size;
  var sum = 0.0;
  var sum_along = 0.0;
  for (var i = local; i < size; i += 64u) {
    let scale = weight[group.x * size + i];
    sum += scale * total[start + i];
    sum_along += scale * along[start + i];
  }
  let mean = sum_of_group(sum, local);
  let projection = sum_of_group(sum_along, local);
  if (local == 0u) {
    let count = f32(uniforms.positions) * f32(size);
    let at = (group.y * uniforms.groups + group.x) * 2u;
    shared_means[at] = mean / count;
    shared_means[at + 1u] = projection / count;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-grouped-norm-grad|x:f32,dy:f32,weight:f32,bias:f32,mean:f32,variance:f32,shared_means:f32>dx:f32|WEIGHT=true,BIAS=true,RELU=true,FIXED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, per_entry: u32, channels: u32, groups: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> mean: array<f32>;
@group(0) @binding(6) var<storage, read> variance: array<f32>;
@group(0) @binding(7) var<storage, read> shared_means: array<f32>;
@group(0) @binding(8) var<storage, read_write> dx: array<f32>;
const WEIGHT = true;
const BIAS = true;
const RELU = true;
const FIXED = false;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let c = i % uniforms.channels;
  let g = i / uniforms.per_entry * uniforms.groups + c / (uniforms.channels / uniforms.groups);
  
    let inverse = 1.0 / sqrt(variance[g] + uniforms.eps);
    let normed = (x[i] - mean[g]) * inverse;
    let value = normed * weight[c] + bias[c];
  let upstream = select(0.0, dy[i], value > 0.0);
  let direct = upstream * weight[c];
  dx[i] = inverse * (direct - shared_means[2u * g] - normed * shared_means[2u * g + 1u]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
