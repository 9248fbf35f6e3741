// hourglass-adagrad-update|value:f32,gradient:f32,sum:f32>new_value:f32,new_sum:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rate: f32, eps: f32, penalty: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read> sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_value: array<f32>;
@group(0) @binding(5) var<storage, read_write> new_sum: array<f32>;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next = sum[i] + g * g;
  new_sum[i] = next;
  new_value[i] = value[i] - uniforms.rate * (g / (sqrt(next) + uniforms.eps));
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
