// hourglass-nearest-points|a:f32,b:f32>nearest:i32|DIMENSIONS=1,CANDIDATES=2048
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, candidates: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> nearest: array<i32>;
const DIMENSIONS = 1u;
const CANDIDATES = 2048u;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
var<workgroup> shared_candidates: array<f32, CANDIDATES * DIMENSIONS>;
fn compute(group: vec3u, local: u32) {
  let point = group.x * 64u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let mine = (cloud * uniforms.points + select(0u, point, inside)) * DIMENSIONS;
  var least = infinity();
  var best = 0u;
  for (var first = 0u; first < uniforms.candidates; first += CANDIDATES) {
    let count = min(CANDIDATES, uniforms.candidates - first);
    let start = (cloud * uniforms.candidates + first) * DIMENSIONS;
    workgroupBarrier();
    for (var i = local; i < count * DIMENSIONS; i += 64u) { shared_candidates[i] = b[start + i]; }
    workgroupBarrier();
    for (var candidate = 0u; candidate < count; candidate++) {
      var distance = 0.0;
      for (var d = 0u; d < DIMENSIONS; d++) {
        let step = a[mine + d] - shared_candidates[candidate * DIMENSIONS + d];
        distance += step * step;
      }
      if (distance < least) {
        least = distance;
        best = first + candidate;
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
