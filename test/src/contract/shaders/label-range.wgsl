// hourglass-label-range|labels:i32>range:i32|PAIRS=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, run: u32, ignores: u32, ignored: i32, last: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read_write> range: array<i32>;
const PAIRS = false;
var<workgroup> lows: array<i32, 64>;
var<workgroup> highs: array<i32, 64>;
fn compute(group: vec3u, local: u32) {
  var low = i32(0x7fffffff);
  var high = -low - 1;
  let end = min((group.x + 1u) * uniforms.run, uniforms.count);
  for (var i = group.x * uniforms.run + local; i < end; i += 64u) {
    if (uniforms.ignores == 0u || labels[i] != uniforms.ignored) { low = min(low, labels[i]); high = max(high, labels[i]); }
  }
  lows[local] = low;
  highs[local] = high;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      lows[local] = min(lows[local], lows[local + half]);
      highs[local] = max(highs[local], highs[local + half]);
    }
  }
  if (local == 0u) {
    let none = uniforms.last != 0u && lows[0] > highs[0];
    range[2u * group.x] = select(lows[0], 0, none);
    range[2u * group.x + 1u] = select(highs[0], -1, none);
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
