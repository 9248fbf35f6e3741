// hourglass-grouped-norm|x:f32,bias:f32,mean:f32,variance:f32>y:f32|WEIGHT=false,BIAS=true,RELU=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, per_entry: u32, channels: u32, groups: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
const WEIGHT = false;
const BIAS = true;
const RELU = false;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let c = i % uniforms.channels;
  let g = i / uniforms.per_entry * uniforms.groups + c / (uniforms.channels / uniforms.groups);
  
    let inverse = 1.0 / sqrt(variance[g] + uniforms.eps);
    let normed = (x[i] - mean[g]) * inverse;
    let value = normed + bias[c];
  y[i] = value;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
