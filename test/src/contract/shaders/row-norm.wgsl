// hourglass-row-norm|x:f32,weight:f32,bias:f32>y:f32,mean:f32,inverse:f32|CENTRE=false,WEIGHT=true,BIAS=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, width: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> inverse: array<f32>;
const CENTRE = false;
const WEIGHT = true;
const BIAS = true;
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
  let row = group.x;
  let start = row * uniforms.width;
  let count = f32(uniforms.width);
  var mean_of_row = 0.0;
  if (CENTRE) {
    // distances from one of the numbers, which keep their digits far from zero
    let near = x[start];
    var total = 0.0;
    for (var i = local; i < uniforms.width; i += 64u) { total += x[start + i] - near; }
    mean_of_row = near + sum_of_group(total, local) / count;
  }
  var squares = 0.0;
  for (var i = local; i < uniforms.width; i += 64u) {
    let centred = x[start + i] - mean_of_row;
    squares += centred * centred;
  }
  let scale = 1.0 / sqrt(sum_of_group(squares, local) / count + uniforms.eps);
  for (var i = local; i < uniforms.width; i += 64u) {
    var value = (x[start + i] - mean_of_row) * scale;
    value *= weight[i];
    value += bias[i];
    y[start + i] = value;
  }
  if (local == 0u) {
    mean[row] = mean_of_row;
    inverse[row] = scale;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
