// hourglass-sampled-product|a:f32,b:f32,pointer:i32,column:i32>products:f32|EDGE=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, places: u32, count: u32, heads: u32, width: u32, lanes: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> pointer: array<i32>;
@group(0) @binding(4) var<storage, read> column: array<i32>;
@group(0) @binding(5) var<storage, read_write> products: array<f32>;
const EDGE = false;
fn row_of_place(place: u32, rows: u32) -> u32 {
  var low = 0u;
  var high = rows;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (u32(pointer[middle]) <= place) { low = middle; } else { high = middle; }
  }
  return low;
}
var<workgroup> parts: array<f32, 64>;
fn compute(group: vec3u, local: u32) {
  let item = group.x * (64u / uniforms.lanes) + local / uniforms.lanes;
  let lane = local % uniforms.lanes;
  let place = item / uniforms.heads;
  let head = item % uniforms.heads;
  var sum = 0.0;
  if (place < uniforms.places && u32(column[place]) < uniforms.count) {
    let left = (row_of_place(place, uniforms.rows) * uniforms.heads + head) * uniforms.width;
    let right = (u32(column[place]) * uniforms.heads + head) * uniforms.width;
    for (var i = lane; i < uniforms.width; i += uniforms.lanes) { sum += a[left + i] * b[right + i]; }
  }
  parts[local] = sum;
  for (var half = uniforms.lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[local] += parts[local + half]; }
  }
  if (lane == 0u && place < uniforms.places) {
    let number = place;
    if (number < uniforms.places) { products[number * uniforms.heads + head] = parts[local]; }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
