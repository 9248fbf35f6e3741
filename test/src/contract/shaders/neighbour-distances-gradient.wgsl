// hourglass-neighbour-distances-grad-points|a:f32,b:f32,indices:i32,dy:f32>da:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, candidates: u32, dimensions: u32, count: u32, total: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> da: array<f32>;
fn candidate_of(pair: u32) -> u32 {
  let cloud = pair / (uniforms.points * uniforms.count);
  return cloud * uniforms.candidates + min(u32(indices[pair]), uniforms.candidates - 1u);
}
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.total) { return; }
  let point = at / uniforms.dimensions;
  let d = at % uniforms.dimensions;
  var sum = 0.0;
  for (var pair = point * uniforms.count; pair < (point + 1u) * uniforms.count; pair++) {
    sum += 2.0 * dy[pair] * (a[at] - b[candidate_of(pair) * uniforms.dimensions + d]);
  }
  da[at] = sum;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-neighbour-distances-grad-candidates-of|indices:i32>ids:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, candidates: u32, dimensions: u32, count: u32, total: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
fn candidate_of(pair: u32) -> u32 {
  let cloud = pair / (uniforms.points * uniforms.count);
  return cloud * uniforms.candidates + min(u32(indices[pair]), uniforms.candidates - 1u);
}
fn compute(group: vec3u, local: u32) {
  let pair = group.x * 64u + local;
  if (pair < uniforms.total) { ids[pair] = i32(candidate_of(pair)); }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

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

// hourglass-neighbour-distances-grad-candidates|a:f32,b:f32,dy:f32,order:i32,pointer:i32>db:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, points: u32, candidates: u32, dimensions: u32, count: u32, total: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read> order: array<i32>;
@group(0) @binding(5) var<storage, read> pointer: array<i32>;
@group(0) @binding(6) var<storage, read_write> db: array<f32>;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.total) { return; }
  let candidate = at / uniforms.dimensions;
  let d = at % uniforms.dimensions;
  var sum = 0.0;
  for (var i = pointer[candidate]; i < pointer[candidate + 1u]; i++) {
    let pair = u32(order[i]);
    sum += 2.0 * dy[pair] * (b[at] - a[pair / uniforms.count * uniforms.dimensions + d]);
  }
  db[at] = sum;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
