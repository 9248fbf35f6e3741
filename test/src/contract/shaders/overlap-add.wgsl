// hourglass-overlap-add|x:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, length: u32, count: u32, span: u32, hop: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let signal = i / uniforms.length;
  let time = i - signal * uniforms.length;
  var first = 0u;
  if (time >= uniforms.span) { first = (time - uniforms.span) / uniforms.hop + 1u; }
  let end = min(time / uniforms.hop + 1u, uniforms.count);
  var sum = 0.0;
  for (var frame = first; frame < end; frame++) {
    sum += x[(signal * uniforms.count + frame) * uniforms.span + time - frame * uniforms.hop];
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
