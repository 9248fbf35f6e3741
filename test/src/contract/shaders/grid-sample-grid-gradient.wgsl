// hourglass-grid-sample-grid-gradient|x:f32,grid:f32,dy:f32>dgrid:f32|AXES=2,MODE=0
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, width: u32, height: u32, depth: u32, channels: u32, points: u32, padding: u32, align: u32, samples: u32, lanes: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dgrid: array<f32>;
const AXES = 2u;
const MODE = 0u;
var<workgroup> lane_sum_parts: array<f32, 64>;
fn sum_of_lanes(value: f32, local: u32, lanes: u32) -> f32 {
  workgroupBarrier();
  lane_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    if (local % lanes < half) { lane_sum_parts[local] += lane_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return lane_sum_parts[local - local % lanes];
}
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
  let point = group.x * (64u / uniforms.lanes) + local / uniforms.lanes;
  let lane = local % uniforms.lanes;
  let inside = point < uniforms.samples;
  let taps = taps_of(select(0u, point, inside));
  var slopes = vec3f(0.0);
  for (var read = 0u; read < READS; read++) {
    let found = read_of(taps, select(0u, point, inside), read);
    var along = 0.0;
    for (var channel = select(uniforms.channels, lane, inside); channel < uniforms.channels; channel += uniforms.lanes) {
      along += dy[point * uniforms.channels + channel] * x[found.element * uniforms.channels + channel];
    }
    slopes += along * found.slopes;
  }
  let total_x = sum_of_lanes(slopes.x, local, uniforms.lanes);
  let total_y = sum_of_lanes(slopes.y, local, uniforms.lanes);
  if (inside && lane == 0u) {
    dgrid[point * AXES + 0u] = total_x;
    dgrid[point * AXES + 1u] = total_y;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
