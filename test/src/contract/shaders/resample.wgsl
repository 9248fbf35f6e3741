// hourglass-resample|x:f32,starts:i32,sources:i32,weights:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, rows_in: u32, columns_in: u32, rows: u32, columns: u32, channels: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> starts: array<i32>;
@group(0) @binding(3) var<storage, read> sources: array<i32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let pixel = i / uniforms.channels;
  let channel = i - pixel * uniforms.channels;
  let line = pixel / uniforms.columns;
  let image = line / uniforms.rows;
  let row = line - image * uniforms.rows;
  // the columns' lists come behind the rows'
  let column = uniforms.rows + 1u + pixel - line * uniforms.columns;
  var sum = 0.0;
  for (var k = starts[row]; k < starts[row + 1u]; k++) {
    let start = (image * uniforms.rows_in + u32(sources[k])) * uniforms.columns_in;
    var along = 0.0;
    for (var j = starts[column]; j < starts[column + 1u]; j++) {
      along += weights[j] * x[(start + u32(sources[j])) * uniforms.channels + channel];
    }
    sum += weights[k] * along;
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
