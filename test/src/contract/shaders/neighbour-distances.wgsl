// hourglass-neighbour-distances|a:f32,b:f32,indices:i32>distances:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, candidates: u32, dimensions: u32, count: u32, total: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read_write> distances: array<f32>;
fn candidate_of(pair: u32) -> u32 {
  let cloud = pair / (uniforms.points * uniforms.count);
  return cloud * uniforms.candidates + min(u32(indices[pair]), uniforms.candidates - 1u);
}
fn compute(group: vec3u, local: u32) {
  let pair = group.x * 64u + local;
  if (pair >= uniforms.total) { return; }
  let own = pair / uniforms.count * uniforms.dimensions;
  let other = candidate_of(pair) * uniforms.dimensions;
  var distance = 0.0;
  for (var d = 0u; d < uniforms.dimensions; d++) {
    let step = a[own + d] - b[other + d];
    distance += step * step;
  }
  distances[pair] = distance;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
