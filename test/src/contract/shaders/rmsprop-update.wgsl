// hourglass-rmsprop-update|value:f32,gradient:f32>new_square:f32,new_value:f32|SQUARE=false,MEAN=false,CENTERED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, penalty: f32, alpha: f32, rest: f32, eps: f32, rate: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_square: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_value: array<f32>;
const SQUARE = false;
const MEAN = false;
const CENTERED = false;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next_square = uniforms.rest * (g * g);
  new_square[i] = next_square;
  var spread = next_square;
  
  let own = g / (sqrt(spread) + uniforms.eps);
  new_value[i] = value[i] - uniforms.rate * own;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-rmsprop-directions|value:f32,gradient:f32>new_square:f32,new_mean:f32,direction:f32|SQUARE=false,MEAN=false,CENTERED=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, penalty: f32, alpha: f32, rest: f32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_square: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> direction: array<f32>;
const SQUARE = false;
const MEAN = false;
const CENTERED = true;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next_square = uniforms.rest * (g * g);
  new_square[i] = next_square;
  var spread = next_square;
  let next_mean = uniforms.rest * g;
  new_mean[i] = next_mean;
  spread -= next_mean * next_mean;
  let own = g / (sqrt(spread) + uniforms.eps);
  direction[i] = own;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-rmsprop-momentum|value:f32,direction:f32>new_value:f32,new_velocity:f32|VELOCITY=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, momentum: f32, rate: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> direction: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_value: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_velocity: array<f32>;
const VELOCITY = false;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let next = direction[i];
  new_velocity[i] = next;
  new_value[i] = value[i] - uniforms.rate * next;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
