// hourglass-farthest-points|x:f32,start:i32>chosen:i32,nearest:f32|DIMENSIONS=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, dimensions: u32, count: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> start: array<i32>;
@group(0) @binding(3) var<storage, read_write> chosen: array<i32>;
@group(0) @binding(4) var<storage, read_write> nearest: array<f32>;
const DIMENSIONS = 0u;
var<workgroup> distances: array<f32, 256>;
var<workgroup> numbers: array<u32, 256>;
fn compute(group: vec3u, local: u32) {
  let size = uniforms.dimensions;
  let first = group.x * uniforms.points;
  var last = min(u32(start[group.x]), uniforms.points - 1u);
  if (local == 0u) { chosen[group.x * uniforms.count] = i32(last); }
  for (var round = 1u; round < uniforms.count; round++) {
    var most = -1.0;
    var number = 0u;
    for (var i = local; i < uniforms.points; i += 256u) {
      var distance = 0.0;
      for (var d = 0u; d < size; d++) {
        let step = x[(first + i) * size + d] - x[(first + last) * size + d];
        distance += step * step;
      }
      if (round > 1u) { distance = min(distance, nearest[first + i]); }
      nearest[first + i] = distance;
      if (distance > most) {
        most = distance;
        number = i;
      }
    }
    distances[local] = most;
    numbers[local] = number;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half /= 2u) {
      if (local < half) {
        let other = distances[local + half];
        if (other > distances[local] || (other == distances[local] && numbers[local + half] < numbers[local])) {
          distances[local] = other;
          numbers[local] = numbers[local + half];
        }
      }
      workgroupBarrier();
    }
    last = numbers[0];
    if (local == 0u) { chosen[group.x * uniforms.count + round] = i32(last); }
    workgroupBarrier();
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
