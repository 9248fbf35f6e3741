// hourglass-nearest-neighbours|a:f32,b:f32>nearest:i32,farthest:i32|DIMENSIONS=0,LIST=8
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, dimensions: u32, candidates: u32, count: u32, done: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> nearest: array<i32>;
@group(0) @binding(4) var<storage, read_write> farthest: array<i32>;
const DIMENSIONS = 0u;
const LIST = 8u;
var<workgroup> held: array<f32, 2048>;
fn compute(group: vec3u, local: u32) {
  let point = group.x * 64u + local;
  let cloud = group.y;
  let inside = point < uniforms.points;
  let row = cloud * uniforms.points + select(0u, point, inside);
  let mine = row * uniforms.dimensions;
  let first = cloud * uniforms.candidates * uniforms.dimensions;
  let size = min(LIST, uniforms.count - uniforms.done);
  // the last of those that were found before
  var before = 0u;
  var last = -1;
  if (uniforms.done > 0u) {
    before = u32(farthest[row]);
    last = nearest[row * uniforms.count + uniforms.done - 1u];
  }
  var keys: array<u32, LIST>;
  var found: array<u32, LIST>;
  var length = 0u;
  var limit = 0xffffffffu;
  
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
      let key = bitcast<u32>(distance) & 0x7fffffffu;
      if (key < limit && (key > before || (key == before && i32(candidate) > last))) {
        var at = size - 1u;
        if (length < size) {
          at = length;
          length++;
        }
        while (at > 0u) {
          if (keys[at - 1u] <= key) { break; }
          keys[at] = keys[at - 1u];
          found[at] = found[at - 1u];
          at--;
        }
        keys[at] = key;
        found[at] = candidate;
        if (length == size) { limit = keys[size - 1u]; }
      }
    }
  }
  workgroupBarrier();
  if (inside) {
    for (var i = 0u; i < size; i++) { nearest[row * uniforms.count + uniforms.done + i] = i32(found[i]); }
    farthest[row] = i32(keys[size - 1u]);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
