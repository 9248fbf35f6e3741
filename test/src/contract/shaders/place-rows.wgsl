// hourglass-group-by-index-count|ids:i32,order:i32>counts:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, size: u32, shift: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> order: array<i32>;
@group(0) @binding(3) var<storage, read_write> counts: array<i32>;
fn digit_at(at: u32, first_pass: bool) -> u32 {
  let place = select(order[at], i32(at), first_pass);
  return (min(u32(ids[place]), uniforms.size) >> uniforms.shift) % 16u;
}
var<workgroup> counted: array<u32, 1024>;
fn count_digits(first: u32, local: u32) {
  var own = array<u32, 16>();
  let end = min(first + 16u, uniforms.count);
  for (var at = first; at < end; at++) { own[digit_at(at, uniforms.shift == 0u)]++; }
  for (var digit = 0u; digit < 16u; digit++) { counted[digit * 64u + local] = own[digit]; }
  workgroupBarrier();
}
fn compute(group: vec3u, local: u32) {
  count_digits(group.x * 1024u + local * 16u, local);
  if (local < 16u) {
    var total = 0u;
    for (var i = 0u; i < 64u; i++) { total += counted[local * 64u + i]; }
    counts[local * uniforms.blocks + group.x] = i32(total);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-group-by-index-scan|>counts:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read_write> counts: array<i32>;
var<workgroup> totals: array<i32, 64>;
fn compute(group: vec3u, local: u32) {
  let each = (uniforms.size + 63u) / 64u;
  let first = min(local * each, uniforms.size);
  let end = min(first + each, uniforms.size);
  var total = 0;
  for (var i = first; i < end; i++) { total += counts[i]; }
  totals[local] = total;
  workgroupBarrier();
  var sum = 0;
  for (var i = 0u; i < local; i++) { sum += totals[i]; }
  for (var i = first; i < end; i++) {
    let own = counts[i];
    counts[i] = sum;
    sum += own;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-group-by-index-move|ids:i32,order:i32,counts:i32>moved:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, size: u32, shift: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> order: array<i32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read_write> moved: array<i32>;
fn digit_at(at: u32, first_pass: bool) -> u32 {
  let place = select(order[at], i32(at), first_pass);
  return (min(u32(ids[place]), uniforms.size) >> uniforms.shift) % 16u;
}
var<workgroup> counted: array<u32, 1024>;
fn count_digits(first: u32, local: u32) {
  var own = array<u32, 16>();
  let end = min(first + 16u, uniforms.count);
  for (var at = first; at < end; at++) { own[digit_at(at, uniforms.shift == 0u)]++; }
  for (var digit = 0u; digit < 16u; digit++) { counted[digit * 64u + local] = own[digit]; }
  workgroupBarrier();
}
fn compute(group: vec3u, local: u32) {
  let first = group.x * 1024u + local * 16u;
  count_digits(first, local);
  if (local < 16u) {
    var sum = u32(counts[local * uniforms.blocks + group.x]);
    for (var i = 0u; i < 64u; i++) {
      let own = counted[local * 64u + i];
      counted[local * 64u + i] = sum;
      sum += own;
    }
  }
  workgroupBarrier();
  let end = min(first + 16u, uniforms.count);
  for (var at = first; at < end; at++) {
    let first_pass = uniforms.shift == 0u;
    let slot = digit_at(at, first_pass) * 64u + local;
    moved[counted[slot]] = select(order[at], i32(at), first_pass);
    counted[slot]++;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-group-by-index-pointers|ids:i32,order:i32>pointer:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> order: array<i32>;
@group(0) @binding(3) var<storage, read_write> pointer: array<i32>;
fn compute(group: vec3u, local: u32) {
  let index = group.x * 64u + local;
  if (index > uniforms.size) { return; }
  var low = 0u;
  var high = uniforms.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (min(u32(ids[order[middle]]), uniforms.size) < index) { low = middle + 1u; } else { high = middle; }
  }
  pointer[index] = i32(low);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-place-rows|x:f32,order:i32,pointer:i32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, outer: u32, count: u32, rows: u32, inner: u32, parts: i32, total: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<i32>;
@group(0) @binding(3) var<storage, read> pointer: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let part = i32(i / uniforms.total);
  let at = i % uniforms.total;
  let line = at / uniforms.inner;
  let plane = line / uniforms.rows;
  let batch = plane / uniforms.outer;
  let list = batch * uniforms.rows + line - plane * uniforms.rows;
  let start = pointer[list];
  let found = pointer[list + 1u] - start;
  let share = (found + uniforms.parts - 1) / uniforms.parts;
  let first = min(part * share, found);
  let end = min(first + share, found);
  var sum = 0.0;
  for (var j = start + first; j < start + end; j++) {
    let place = plane * uniforms.count + u32(order[j]) - batch * uniforms.count;
    sum += x[place * uniforms.inner + at - line * uniforms.inner];
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

// hourglass-place-rows-number|indices:i32>ids:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, count: u32, rows: i32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let row = indices[i];
  ids[i] = select(-1, i32(i / uniforms.count) * uniforms.rows + row, row >= 0 && row < uniforms.rows);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-add-blocks|parts:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  var total = 0.0;
  for (var block = 0u; block < uniforms.blocks; block++) { total += parts[block * uniforms.count + at]; }
  y[at] = total;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
