// hourglass-label-weights|target_labels:i32,weight:f32>out:f32|WEIGHTED=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, classes: u32, ignored: i32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> target_labels: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
const WEIGHTED = true;
fn compute(group: vec3u, local: u32) {
  let row = group.x * 64u + local;
  if (row >= uniforms.rows) { return; }
  let label = target_labels[row];
  var value = 0.0;
  if (label != uniforms.ignored && label >= 0 && u32(label) < uniforms.classes) {
    value = weight[u32(label)];
  }
  out[row] = value;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
