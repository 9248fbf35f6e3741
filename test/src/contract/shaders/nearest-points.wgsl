// hourglass-nearest-points|a:f32,b:f32>nearest:i32|DIMENSIONS=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, dimensions: u32, candidates: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> nearest: array<i32>;
const DIMENSIONS = 0u;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
var<workgroup> held: array<f32, 2048>;
fn compute(group: vec3u, local: u32) {
  let point = group.x * 64u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let mine = (cloud * uniforms.points + select(0u, point, inside)) * uniforms.dimensions;
  let first = cloud * uniforms.candidates * uniforms.dimensions;
  var least = infinity();
  var best = 0u;
  
  let held_most = 2048u / uniforms.dimensions;
  for (var held_first = 0u; held_first < uniforms.candidates; held_first += held_most) {
    let held_count = min(held_most, uniforms.candidates - held_first);
    let held_start = first + held_first * uniforms.dimensions;
    workgroupBarrier();
    for (var i = local; i < held_count * uniforms.dimensions; i += 64u) { held[i] = b[held_start + i]; }
    workgroupBarrier();
    for (var held_at = 0u; held_at < held_count; held_at++) {
      let candidate = held_first + held_at;
      var distance = 0.0;
      for (var d = 0u; d < uniforms.dimensions; d++) {
        let step = a[mine + d] - held[held_at * uniforms.dimensions + d];
        distance += step * step;
      }
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
  }
  if (inside) { nearest[cloud * uniforms.points + point] = i32(best); }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
