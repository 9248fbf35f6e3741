// hourglass-adam-update|value:f32,gradient:f32>new_value:f32,new_mean:f32,new_square:f32|MEAN=false,SQUARE=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, penalty: f32, shrinkage: f32, rate: f32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_value: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> new_square: array<f32>;
const MEAN = false;
const SQUARE = false;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next_mean = uniforms.rest1 * g;
  let next_square = uniforms.rest2 * (g * g);
  new_mean[i] = next_mean;
  new_square[i] = next_square;
  new_value[i] = uniforms.shrinkage * value[i] - uniforms.rate * (next_mean / (sqrt(next_square) + uniforms.eps));
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-adam-amsgrad-moments|value:f32,gradient:f32>new_mean:f32,new_square:f32,new_largest:f32|MEAN=false,SQUARE=false,LARGEST=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, penalty: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> new_mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_square: array<f32>;
@group(0) @binding(5) var<storage, read_write> new_largest: array<f32>;
const MEAN = false;
const SQUARE = false;
const LARGEST = false;
fn with_decay(gradient: f32, value: f32) -> f32 {
  return select(gradient + uniforms.penalty * value, gradient, uniforms.penalty == 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let g = with_decay(gradient[i], value[i]);
  let next_mean = uniforms.rest1 * g;
  let next_square = uniforms.rest2 * (g * g);
  new_mean[i] = next_mean;
  new_square[i] = next_square;
  new_largest[i] = next_square;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-adam-amsgrad-step|value:f32,new_mean:f32,new_largest:f32>new_value:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, shrinkage: f32, rate: f32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> value: array<f32>;
@group(0) @binding(2) var<storage, read> new_mean: array<f32>;
@group(0) @binding(3) var<storage, read> new_largest: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_value: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  new_value[i] = uniforms.shrinkage * value[i] - uniforms.rate * (new_mean[i] / (sqrt(new_largest[i]) + uniforms.eps));
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
