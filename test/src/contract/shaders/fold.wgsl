// hourglass-fold|x:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rows_size: i32, rows_count: i32, rows_kernel: i32, rows_stride: i32, rows_before: i32, rows_dilation: i32, columns_size: i32, columns_count: i32, columns_kernel: i32, columns_stride: i32, columns_before: i32, columns_dilation: i32, channels: i32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let pixel = i32(i) / uniforms.channels;
  let channel = i32(i) - pixel * uniforms.channels;
  let line = pixel / uniforms.columns_size;
  let image = line / uniforms.rows_size;
  let row = line - image * uniforms.rows_size + uniforms.rows_before;
  let column = pixel - line * uniforms.columns_size + uniforms.columns_before;
  let taps = uniforms.rows_kernel * uniforms.columns_kernel;
  var sum = 0.0;
  for (var k = 0; k < uniforms.rows_kernel; k++) {
    let down = row - k * uniforms.rows_dilation;
    if (down < 0 || down % uniforms.rows_stride != 0 || down / uniforms.rows_stride >= uniforms.rows_count) { continue; }
    for (var j = 0; j < uniforms.columns_kernel; j++) {
      let along = column - j * uniforms.columns_dilation;
      if (along < 0 || along % uniforms.columns_stride != 0) { continue; }
      if (along / uniforms.columns_stride >= uniforms.columns_count) { continue; }
      let block = (image * uniforms.rows_count + down / uniforms.rows_stride) * uniforms.columns_count
        + along / uniforms.columns_stride;
      sum += x[(block * uniforms.channels + channel) * taps + k * uniforms.columns_kernel + j];
    }
  }
  y[i] = sum;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
