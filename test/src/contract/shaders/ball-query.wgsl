// hourglass-ball-query|centres:f32,points:f32>indices:i32|DIMENSIONS=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, centres: u32, dimensions: u32, size: u32, count: u32, square: f32, repeat: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> centres: array<f32>;
@group(0) @binding(2) var<storage, read> points: array<f32>;
@group(0) @binding(3) var<storage, read_write> indices: array<i32>;
const DIMENSIONS = 0u;
var<workgroup> held: array<f32, 2048>;
fn compute(group: vec3u, local: u32) {
  let centre = group.x * 64u + local;
  let cloud = group.y;
  let inside = centre < uniforms.centres;
  let row = cloud * uniforms.centres + select(0u, centre, inside);
  let mine = row * uniforms.dimensions;
  let first = cloud * uniforms.size * uniforms.dimensions;
  var found = 0u;
  var filling = select(-1, 0, uniforms.repeat != 0u);
  
  let held_most = 2048u / uniforms.dimensions;
  for (var held_first = 0u; held_first < uniforms.size; held_first += held_most) {
    let held_count = min(held_most, uniforms.size - held_first);
    let held_start = first + held_first * uniforms.dimensions;
    workgroupBarrier();
    for (var i = local; i < held_count * uniforms.dimensions; i += 64u) { held[i] = points[held_start + i]; }
    workgroupBarrier();
    for (var held_at = 0u; held_at < held_count; held_at++) {
      let candidate = held_first + held_at;
      var distance = 0.0;
      for (var d = 0u; d < uniforms.dimensions; d++) {
        let step = centres[mine + d] - held[held_at * uniforms.dimensions + d];
        distance += step * step;
      }
      if (inside && found < uniforms.count && distance < uniforms.square) {
        indices[row * uniforms.count + found] = i32(candidate);
        if (found == 0u && uniforms.repeat != 0u) { filling = i32(candidate); }
        found++;
      }
    }
  }
  if (inside) {
    for (var i = found; i < uniforms.count; i++) { indices[row * uniforms.count + i] = filling; }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
