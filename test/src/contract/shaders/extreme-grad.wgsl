// hourglass-extreme-grad|x:f32,y:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, length: u32, inner: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
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
  let line = group.x;
  let start = line / uniforms.inner * uniforms.length * uniforms.inner + line % uniforms.inner;
  let wanted = y[line];
  var attaining = 0.0;
  for (var i = local; i < uniforms.length; i += 64u) {
    attaining += select(0.0, 1.0, x[start + i * uniforms.inner] == wanted);
  }
  let share = dy[line] / sum_of_group(attaining, local);
  for (var i = local; i < uniforms.length; i += 64u) {
    let at = start + i * uniforms.inner;
    dx[at] = select(0.0, share, x[at] == wanted);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
