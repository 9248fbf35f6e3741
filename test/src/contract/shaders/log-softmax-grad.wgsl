// hourglass-softmax-grad|dy:f32,y:f32>dx:f32|LOG=true,LANES=1
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, width: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
const LOG = true;
const LANES = 1u;
fn sum_of_row(value: f32, local: u32) -> f32 { return value; }
fn compute(group: vec3u, local: u32) {
  let row = group.x * 64u + local / 1u;
  let start = row * uniforms.width;
  let end = select(start, start + uniforms.width, row < uniforms.rows);
  var part = 0.0;
  for (var i = start + local % 1u; i < end; i += 1u) { part += dy[i]; }
  let total = sum_of_row(part, local);
  for (var i = start + local % 1u; i < end; i += 1u) {
    dx[i] = dy[i] - exp(y[i]) * total;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
