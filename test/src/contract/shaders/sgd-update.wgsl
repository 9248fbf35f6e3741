// hourglass-sgd-update|value:f32,gradient:f32>new_value:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rate: f32, penalty: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_value: array<f32>;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  new_value[i] = value[i] - uniforms.rate * with_decay(gradient[i], value[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-sgd-momentum-update|value:f32,gradient:f32>new_value:f32,new_velocity:f32|NESTEROV=true,FIRST=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rate: f32, penalty: f32, momentum: f32, share: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_value: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_velocity: array<f32>;
const NESTEROV = true;
const FIRST = true;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next = g;
  new_velocity[i] = next;
  new_value[i] = value[i] - uniforms.rate * (g + uniforms.momentum * next);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
