// hourglass-sparse-product|x:f32,pointer:i32,column:i32,edge:i32,weights:f32>y:f32|COLUMN=true,EDGE=true,WEIGHTS=true,MEAN=false,BLOCKS=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, places: u32, width: u32, columns: u32, slots: u32, count: u32, edges: u32, heads: u32, per_head: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> pointer: array<i32>;
@group(0) @binding(3) var<storage, read> column: array<i32>;
@group(0) @binding(4) var<storage, read> edge: array<i32>;
@group(0) @binding(5) var<storage, read> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;
const COLUMN = true;
const EDGE = true;
const WEIGHTS = true;
const MEAN = false;
const BLOCKS = false;
fn combine(a: f32, b: f32) -> f32 { return a + b; }
fn nothing() -> f32 { return 0.0; }
fn term(place: u32, row: u32, column_of_row: u32) -> f32 {
  let source = u32(column[place]);
  if (source >= uniforms.count) { return 0.0; }
  let value = x[source * uniforms.width + column_of_row];
  let number = u32(edge[place]);
  if (number >= uniforms.edges) { return 0.0; }
  return value * weights[number * uniforms.heads + column_of_row / uniforms.per_head];
}
var<workgroup> parts: array<f32, 64>;
fn put_together(value: f32, local: u32) -> f32 {
  parts[local] = value;
  let slot = local / uniforms.columns % uniforms.slots;
  for (var half = uniforms.slots / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (slot < half) { parts[local] = combine(parts[local], parts[local + half * uniforms.columns]); }
  }
  return parts[local];
}
fn finish(value: f32, places: u32, row: u32, column: u32) -> f32 { return value; }
fn compute(group: vec3u, local: u32) {
  let each = uniforms.columns * uniforms.slots;
  let row = group.x * (64u / each) + local / each;
  let column = group.y * uniforms.columns + local % uniforms.columns;
  let slot = local / uniforms.columns % uniforms.slots;
  let inside = row < uniforms.rows && column < uniforms.width;
  var total = nothing();
  var begin = 0u;
  var end = 0u;
  if (inside) {
    begin = min(u32(pointer[row]), uniforms.places);
    end = min(u32(pointer[row + 1u]), uniforms.places);
    for (var place = begin + slot; place < end; place += uniforms.slots) {
      total = combine(total, term(place, row, column));
    }
  }
  total = put_together(total, local);
  if (inside && slot == 0u) { y[row * uniforms.width + column] = finish(total, end - begin, row, column); }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-sparse-product-blocks|x:f32,pointer:i32,column:i32,weights:f32>blocks:f32|COLUMN=true,EDGE=false,WEIGHTS=true,MEAN=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, places: u32, width: u32, columns: u32, slots: u32, count: u32, edges: u32, heads: u32, per_head: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> pointer: array<i32>;
@group(0) @binding(3) var<storage, read> column: array<i32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> blocks: array<f32>;
const COLUMN = true;
const EDGE = false;
const WEIGHTS = true;
const MEAN = false;
fn row_of_place(place: u32, rows: u32) -> u32 {
  var low = 0u;
  var high = rows;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (u32(pointer[middle]) <= place) { low = middle; } else { high = middle; }
  }
  return low;
}
fn combine(a: f32, b: f32) -> f32 { return a + b; }
fn nothing() -> f32 { return 0.0; }
fn term(place: u32, row: u32, column_of_row: u32) -> f32 {
  let source = u32(column[place]);
  if (source >= uniforms.count) { return 0.0; }
  let value = x[source * uniforms.width + column_of_row];
  let number = place;
  if (number >= uniforms.edges) { return 0.0; }
  return value * weights[number * uniforms.heads + column_of_row / uniforms.per_head];
}
var<workgroup> parts: array<f32, 64>;
fn put_together(value: f32, local: u32) -> f32 {
  parts[local] = value;
  let slot = local / uniforms.columns % uniforms.slots;
  for (var half = uniforms.slots / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (slot < half) { parts[local] = combine(parts[local], parts[local + half * uniforms.columns]); }
  }
  return parts[local];
}
fn compute(group: vec3u, local: u32) {
  let first = group.x * 512u;
  let row = row_of_place(first, uniforms.rows);
  let column = group.y * uniforms.columns + local % uniforms.columns;
  let slot = local / uniforms.columns;
  var total = nothing();
  if (u32(pointer[row + 1u]) >= first + 512u && column < uniforms.width) {
    for (var place = first + slot; place < first + 512u; place += uniforms.slots) {
      total = combine(total, term(place, row, column));
    }
  }
  total = put_together(total, local);
  if (slot == 0u && column < uniforms.width) { blocks[group.x * uniforms.width + column] = total; }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
