// hourglass-grid-sample-reads|grid:f32>elements:i32,weights:f32|AXES=2,MODE=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, width: u32, height: u32, depth: u32, channels: u32, points: u32, padding: u32, align: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> grid: array<f32>;
@group(0) @binding(2) var<storage, read_write> elements: array<i32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
const AXES = 2u;
const MODE = 0u;
const READS = 4u;
struct Taps { at: array<u32, 2>, weight: array<f32, 2>, slope: array<f32, 2>, inside: array<bool, 2> }
struct PointTaps { x: Taps, y: Taps }
struct Read { element: u32, weight: f32, slopes: vec3f, inside: bool }

/** The position brought into the input, and its derivative: 0 where that moved it to the border or found it there. */
fn settle(position: f32, size: f32) -> vec2f {
  if (uniforms.padding == 0u) { return vec2f(position, 1.0); }
  var at = position;
  var slope = 1.0;
  if (uniforms.padding == 2u) {
    let low = select(-0.5, 0.0, uniforms.align == 1u);
    let span = select(size, size - 1.0, uniforms.align == 1u);
    if (span == 0.0) { return vec2f(0.0); }
    let offset = at - low;
    let flips = floor(abs(offset) / span);
    let rest = abs(offset) - flips * span;
    let odd = flips - 2.0 * floor(flips / 2.0) != 0.0;
    at = select(rest, span - rest, odd) + low;
    slope = select(-1.0, 1.0, odd == (offset < 0.0));
  }
  let inside = at > 0.0 && at < size - 1.0;
  return vec2f(clamp(at, 0.0, size - 1.0), select(0.0, slope, inside));
}
fn put(taps: ptr<function, Taps>, i: u32, at: f32, size: f32, weight: f32, slope: f32) {
  let inside = at >= 0.0 && at <= size - 1.0;
  (*taps).at[i] = u32(clamp(at, 0.0, size - 1.0));
  (*taps).weight[i] = select(0.0, weight, inside);
  (*taps).slope[i] = select(0.0, slope, inside);
  (*taps).inside[i] = inside;
}
fn taps_along(coordinate: f32, size: f32) -> Taps {
  var taps: Taps;
  let scale = select(size, size - 1.0, uniforms.align == 1u) / 2.0;
  let position = select(((coordinate + 1.0) * size - 1.0) / 2.0, (coordinate + 1.0) * ((size - 1.0) / 2.0), uniforms.align == 1u);
  let settled = settle(position, size);
  let low = floor(settled.x);
  let fraction = settled.x - low;
  put(&taps, 0u, low, size, 1.0 - fraction, -settled.y * scale);
  put(&taps, 1u, low + 1.0, size, fraction, settled.y * scale);
  return taps;
}
fn taps_of(point: u32) -> PointTaps {
  return PointTaps(
    taps_along(grid[point * AXES], f32(uniforms.width)),
    taps_along(grid[point * AXES + 1u], f32(uniforms.height)));
}
fn read_of(taps: PointTaps, point: u32, number: u32) -> Read {
  let i = number % 2u;
  let j = number / 2u % 2u;
  let x = taps.x.weight[i];
  let y = taps.y.weight[j];
  let z = 1.0;
  let slopes = vec3f(taps.x.slope[i] * y, x * taps.y.slope[j], 0.0);
  let layer = point / uniforms.points;
  let inside = taps.x.inside[i] && taps.y.inside[j];
  let element = (layer * uniforms.height + taps.y.at[j]) * uniforms.width + taps.x.at[i];
  return Read(element, x * y * z, slopes, inside);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let taps = taps_of(i);
  for (var read = 0u; read < READS; read++) {
    let found = read_of(taps, i, read);
    elements[i * READS + read] = select(-1, i32(found.element), found.inside);
    weights[i * READS + read] = found.weight;
  }
}
@compute @workgroup_size(256)
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

// hourglass-grid-sample-input-gradient|order:i32,pointer:i32,weights:f32,dy:f32>dx:f32|AXES=2,MODE=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, channels: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> order: array<i32>;
@group(0) @binding(2) var<storage, read> pointer: array<i32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
const AXES = 2u;
const MODE = 0u;
const READS = 4u;
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let channel = i % uniforms.channels;
  let element = i / uniforms.channels;
  var total = 0.0;
  for (var at = pointer[element]; at < pointer[element + 1u]; at++) {
    let read = u32(order[at]);
    total += weights[read] * dy[read / READS * uniforms.channels + channel];
  }
  dx[i] = total;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
