// hourglass-unfold|x:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rows_size: i32, rows_count: i32, rows_kernel: i32, rows_stride: i32, rows_before: i32, rows_dilation: i32, columns_size: i32, columns_count: i32, columns_kernel: i32, columns_stride: i32, columns_before: i32, columns_dilation: i32, channels: i32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let taps = uniforms.rows_kernel * uniforms.columns_kernel;
  let features = uniforms.channels * taps;
  let block = i32(i) / features;
  let feature = i32(i) - block * features;
  let channel = feature / taps;
  let tap = feature - channel * taps;
  let image = block / (uniforms.rows_count * uniforms.columns_count);
  let place = block - image * uniforms.rows_count * uniforms.columns_count;
  let row = place / uniforms.columns_count * uniforms.rows_stride - uniforms.rows_before
    + tap / uniforms.columns_kernel * uniforms.rows_dilation;
  let column = place % uniforms.columns_count * uniforms.columns_stride - uniforms.columns_before
    + tap % uniforms.columns_kernel * uniforms.columns_dilation;
  var value = 0.0;
  if (row >= 0 && row < uniforms.rows_size && column >= 0 && column < uniforms.columns_size) {
    value = x[((image * uniforms.rows_size + row) * uniforms.columns_size + column) * uniforms.channels + channel];
  }
  y[i] = value;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
