// hourglass-softmax-cross-entropy-grad|dy:f32,x:f32,target_labels:i32,largest:f32,log_sum:f32>dx:f32|SMOOTH=false,WEIGHTED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, classes: u32, ignored: i32, smoothing: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> target_labels: array<i32>;
@group(0) @binding(4) var<storage, read> largest: array<f32>;
@group(0) @binding(5) var<storage, read> log_sum: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
const SMOOTH = false;
const WEIGHTED = false;
fn is_class(label: i32) -> bool { return label >= 0 && u32(label) < uniforms.classes; }
fn weight_of(class_number: u32) -> f32 { return 1.0; }
fn counts(label: i32) -> bool { return label != uniforms.ignored && is_class(label); }
fn sharp_of(label: i32) -> f32 { return (1.0 - uniforms.smoothing) * weight_of(u32(label)); }
fn flat() -> f32 { return uniforms.smoothing / f32(uniforms.classes); }
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  let row = at / uniforms.classes;
  if (row >= uniforms.rows) { return; }
  let class_number = at % uniforms.classes;
  let label = target_labels[row];
  var slope = 0.0;
  if (counts(label)) {
    let p = exp(x[at] - largest[row] - log_sum[row]);
    slope = sharp_of(label) * (p - select(0.0, 1.0, class_number == u32(label)));
    
    slope *= dy[row];
  }
  dx[at] = slope;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-class-weight-total|weight:f32>total:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, classes: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> total: array<f32>;
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
  var part = 0.0;
  for (var i = local; i < uniforms.classes; i += 64u) { part += weight[i]; }
  let sum = sum_of_group(part, local);
  if (local == 0u) { total[0] = sum; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
